package io.pgqueuer.java.internal

import io.pgqueuer.java.AsyncJobHandler
import io.pgqueuer.java.JobContext
import io.pgqueuer.java.JobHandler
import io.pgqueuer.java.JobInterceptor
import io.pgqueuer.java.RetryRequested
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.future.future
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import kotlin.coroutines.CoroutineContext
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
    threads: CallThreads,
    limit: (() -> HandlerLimit)?,
) {
    if (interceptors.isEmpty()) return translatingRetries { handle(context) }
    val stages = Stages(interceptors.size + 1, threads)
    stages.awaitBlocking(
        stages.startInside(interceptors, context) {
            if (limit == null) handle(context) else limit().runBlocking { handle(context) }
            CompletableFuture.completedFuture(null)
        },
    )
}

/**
 * Runs an async handler inside [interceptors].
 *
 * @param limit makes the limit of the handler's time, which counts from then on; null for none.
 */
internal suspend fun AsyncJobHandler.runInside(
    interceptors: List<JobInterceptor>,
    context: JobContext,
    threads: CallThreads,
    limit: (() -> HandlerLimit)?,
) {
    if (interceptors.isEmpty()) return awaitStage(threads) { handle(context) }
    val stages = Stages(interceptors.size + 1, threads)
    val surroundings = currentCoroutineContext().minusKey(Job)
    val begin = { futureOf(handle(context), surroundings) }
    stages.await(
        stages.startInside(interceptors, context) {
            if (limit == null) begin() else limit().start { begin() }
        },
    )
}

/** Waits for the stage that a handler without interceptors returns. */
internal suspend fun awaitStage(threads: CallThreads, begin: () -> CompletionStage<*>?) {
    var stage: CompletionStage<*>? = null
    translatingRetries { stage = begin() }
    val suspending = stage as? SuspendingStage
    if (suspending != null) {
        translatingRetries { suspending.work() }
    } else {
        Stages(1, threads).run { await(start(0) { stage }) }
    }
}

/**
 * What an async handler returns that suspends: the worker runs [work] in the coroutine of the job, so that a cancellation
 * and the logging context reach it. For modules of our own.
 */
class SuspendingStage(
    val work: suspend () -> Unit,
) : CompletableFuture<Void>()

/**
 * The stages of one run: of its interceptors and, the deepest, of its handler. A cancellation has to reach them all.
 */
private class Stages(
    depth: Int,
    private val threads: CallThreads,
) {
    private val started = arrayOfNulls<CompletableFuture<*>>(depth)
    private val begun = BooleanArray(depth)
    private var cancelled = false
    private var ended = false

    /** Starts [handler] inside [interceptors], and returns the stage of the outermost. */
    fun startInside(
        interceptors: List<JobInterceptor>,
        context: JobContext,
        handler: () -> CompletionStage<*>?,
    ): CompletionStage<*> {
        val innermost = JobInterceptor.Next { start(interceptors.size, handler) }
        val outermost = interceptors.foldRightIndexed(innermost) { depth, interceptor, next ->
            JobInterceptor.Next { start(depth) { interceptor.intercept(context, next) } }
        }
        return outermost.proceed().apply { whenComplete { _, _ -> end() } }
    }

    fun start(depth: Int, begin: () -> CompletionStage<*>?): CompletionStage<*> {
        val stage = try {
            check(mayStart(depth)) { CALLED_TWICE }
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

    /** Blocks until [outermost] ends; when its thread is interrupted, cancels all stages. */
    fun awaitBlocking(outermost: CompletionStage<*>) = translatingRetries {
        val failure = threads.newFuture<Throwable?>()
        outermost.whenComplete { _, thrown -> failure.complete(thrown) }
        try {
            failure.get()
        } catch (e: InterruptedException) {
            cancel()
            throw e
        }?.let { throw it.thrown() }
    }

    @Synchronized
    private fun mayStart(depth: Int): Boolean = (!begun[depth] && !ended).also { begun[depth] = true }

    @Synchronized
    private fun end() {
        ended = true
    }

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
        threads.runFunctions { stages.forEach { it.cancel(true) } }
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

/** As [futureOf]; what suspends begins on this thread, as a coroutine in [surroundings]. */
private fun futureOf(stage: CompletionStage<*>?, surroundings: CoroutineContext): CompletableFuture<*> =
    if (stage is SuspendingStage) {
        CoroutineScope(surroundings).future(start = CoroutineStart.UNDISPATCHED) { stage.work() }
    } else {
        futureOf(stage)
    }

private const val CALLED_TWICE =
    "an interceptor called next twice, or after it had ended; to run the job again, throw RetryRequested"
