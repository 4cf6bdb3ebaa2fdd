package io.pgqueuer.java.internal

import io.pgqueuer.java.AsyncJobHandler
import io.pgqueuer.java.AsyncJobInterceptor
import io.pgqueuer.java.JobHandler
import io.pgqueuer.java.JobInterceptor
import io.pgqueuer.java.JobRun
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
 * @param limit starts to count when the handler does; null for none.
 */
internal fun JobHandler.runInside(interceptors: List<JobInterceptor>, run: JobRun, limit: (() -> HandlerLimit)?) {
    val innermost = JobInterceptor.Next {
        if (limit == null) handle(run) else limit().runBlocking { handle(run) }
    }
    val outermost = interceptors.foldRight(innermost) { interceptor, next ->
        JobInterceptor.Next { OnceNext(next::proceed).use { interceptor.intercept(run, it::proceed) } }
    }
    translatingRetries { outermost.proceed() }
}

/**
 * Runs an async handler inside [interceptors].
 *
 * @param limit starts to count when the handler does; null for none.
 */
internal suspend fun AsyncJobHandler.runInside(
    interceptors: List<AsyncJobInterceptor>,
    run: JobRun,
    limit: (() -> HandlerLimit)?,
) {
    val stages = Stages(interceptors.size + 1)
    val innermost = AsyncJobInterceptor.Next {
        stages.start(interceptors.size) {
            if (limit == null) handle(run) else limit().start { futureOf(handle(run)) }
        }
    }
    val outermost = interceptors.foldRightIndexed(innermost) { depth, interceptor, next ->
        AsyncJobInterceptor.Next { stages.start(depth) { interceptor.intercept(run, next) } }
    }
    stages.await(outermost.proceed())
}

/** Waits for the stage that a handler without interceptors returns. */
internal suspend fun awaitStage(begin: () -> CompletionStage<*>?) = Stages(1).run { await(start(0, begin)) }

/** The stages of one run, of its interceptors and, the deepest, of its handler: a cancellation is to reach them all. */
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
        // The failure comes back as a value: as an exception, coroutines may copy it and call its own code.
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

    /** The deepest first, so that what interceptors chained to it still runs. */
    private fun cancel() {
        val stages = synchronized(this) {
            cancelled = true
            started.filterNotNull().reversed()
        }
        // Elsewhere: this thread is one of the engine's, and functions that are chained to a stage may block.
        FutureThreads.runFunctions { stages.forEach { it.cancel(true) } }
    }

    private fun Throwable.thrown() = (this as? CompletionException)?.cause ?: this
}

private inline fun translatingRetries(block: () -> Unit) {
    try {
        block()
    } catch (e: RetryRequested) {
        // As the cause, it is what the log keeps.
        throw CoreRetryRequested(e.delay().toKotlinDuration(), e.reason(), e)
    }
}

// The class can be extended, and its getMessage overridden.
private fun RetryRequested.reason(): String? = try {
    message
} catch (_: Throwable) {
    null
}

private fun futureOf(stage: CompletionStage<*>?): CompletableFuture<*> =
    checkNotNull(stage) { "the handler returned null in place of a stage" }.toCompletableFuture()

/** Goes on once, while the interceptor runs that it is given to. */
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
