package io.pgqueuer.java.internal

import io.pgqueuer.java.AsyncJobHandler
import io.pgqueuer.java.AsyncJobInterceptor
import io.pgqueuer.java.JobContext
import io.pgqueuer.java.JobHandler
import io.pgqueuer.java.JobInterceptor
import io.pgqueuer.java.RetryRequested
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.resume
import kotlin.time.toKotlinDuration
import io.pgqueuer.RetryRequested as CoreRetryRequested

/**
 * Runs a blocking handler inside [interceptors], on the caller's thread.
 *
 * @param limit makes the limit of the handler's time, which counts from then on; null for none.
 */
internal fun JobHandler.runInside(
    interceptors: List<JobInterceptor>,
    context: JobContext,
    limit: (() -> HandlerLimit)?,
) {
    val innermost = JobInterceptor.Next {
        if (limit == null) handle(context) else limit().runBlocking { handle(context) }
    }
    val outermost = interceptors.foldRight(innermost) { interceptor, next ->
        JobInterceptor.Next { OnceNext(next::proceed).use { interceptor.intercept(context, it::proceed) } }
    }
    translatingRetries { outermost.proceed() }
}

/**
 * Runs an async handler inside [interceptors].
 *
 * @param limit makes the limit of the handler's time, which counts from then on; null for none.
 */
internal suspend fun AsyncJobHandler.runInside(
    interceptors: List<AsyncJobInterceptor>,
    context: JobContext,
    limit: (() -> HandlerLimit)?,
) {
    val stages = Stages(interceptors.size + 1)
    val innermost = AsyncJobInterceptor.Next {
        stages.start(interceptors.size) {
            if (limit == null) handle(context) else limit().start { futureOf(handle(context)) }
        }
    }
    val outermost = interceptors.foldRightIndexed(innermost) { depth, interceptor, next ->
        AsyncJobInterceptor.Next { stages.start(depth) { interceptor.intercept(context, next) } }
    }
    stages.await(outermost.proceed())
}

/** Waits for the stage that a handler without interceptors returns. */
internal suspend fun awaitStage(begin: () -> CompletionStage<*>?) = Stages(1).run { await(start(0, begin)) }

/**
 * The stages of one run: of its interceptors and, the deepest, of its handler. A cancellation has to reach them all.
 */
private class Stages(
    depth: Int,
) {
    private val started = arrayOfNulls<CompletableFuture<*>>(depth)
    private val begun = BooleanArray(depth)
    private var cancelled = false

    fun start(depth: Int, begin: () -> CompletionStage<*>?): CompletionStage<*> {
        val stage = try {
            check(!isStarted(depth)) { CALLED_TWICE }
            futureOf(begin())
        } catch (e: Throwable) {
            CompletableFuture.failedFuture<Any>(e)
        }
        if (!add(depth, stage)) stage.cancel(true)
        return stage
    }

    suspend fun await(outermost: CompletionStage<*>) = translatingRetries {
        // The failure is returned as a value: coroutines may copy an exception, which calls its own code.
        suspendCancellableCoroutine<Throwable?> { waiting ->
            waiting.invokeOnCancellation { cancel() }
            outermost.whenComplete { _, failure -> waiting.resume(failure) }
        }?.let { throw it.thrown() }
    }

    @Synchronized
    private fun isStarted(depth: Int): Boolean = begun[depth].also { begun[depth] = true }

    @Synchronized
    private fun add(depth: Int, stage: CompletableFuture<*>): Boolean {
        started[depth] = stage
        return !cancelled
    }

    /** Cancels the deepest first, so that what interceptors chained to it still runs. */
    private fun cancel() {
        val stages = synchronized(this) {
            cancelled = true
            started.filterNotNull().reversed()
        }
        // On another thread: this one is the engine's, and functions that are chained to a stage may block.
        FutureThreads.runFunctions { stages.forEach { it.cancel(true) } }
    }

    private fun Throwable.thrown() = (this as? CompletionException)?.cause ?: this
}

private inline fun translatingRetries(block: () -> Unit) {
    try {
        block()
    } catch (e: RetryRequested) {
        // The log keeps the cause.
        throw CoreRetryRequested(e.delay().toKotlinDuration(), e.reason(), e)
    }
}

// A subclass can override getMessage, and throw there.
private fun RetryRequested.reason(): String? = try {
    message
} catch (_: Throwable) {
    null
}

private fun futureOf(stage: CompletionStage<*>?): CompletableFuture<*> =
    checkNotNull(stage) { "the handler returned null instead of a stage" }.toCompletableFuture()

/** Lets an interceptor go on once, and only while it runs. */
private class OnceNext(
    private val goOn: () -> Unit,
) : AutoCloseable {
    private val used = AtomicBoolean()

    fun proceed() {
        check(used.compareAndSet(false, true)) { CALLED_TWICE }
        goOn()
    }

    override fun close() {
        used.set(true)
    }
}

private const val CALLED_TWICE =
    "an interceptor called next twice, or after it had returned; to run the job again, throw RetryRequested"
