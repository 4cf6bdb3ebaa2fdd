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
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlin.time.toKotlinDuration
import io.pgqueuer.RetryRequested as CoreRetryRequested

/** Runs a blocking handler inside [interceptors], on the caller's thread. */
internal fun JobHandler.runInside(interceptors: List<JobInterceptor>, run: JobRun) {
    val innermost = JobInterceptor.Next { handle(run) }
    val outermost = interceptors.foldRight(innermost) { interceptor, next ->
        JobInterceptor.Next { interceptor.intercept(run, next) }
    }
    translatingRetries { outermost.proceed() }
}

/** Runs an async handler inside [interceptors]. */
internal suspend fun AsyncJobHandler.runInside(interceptors: List<AsyncJobInterceptor>, run: JobRun) {
    val stages = Stages(interceptors.size + 1)
    val innermost = AsyncJobInterceptor.Next { stages.start(interceptors.size) { handle(run) } }
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
    private var cancelled = false

    fun start(depth: Int, begin: () -> CompletionStage<*>?): CompletionStage<*> {
        val stage = try {
            checkNotNull(begin()) { "the handler returned null in place of a stage" }.toCompletableFuture()
        } catch (e: Throwable) {
            CompletableFuture.failedFuture<Any>(e)
        }
        if (!add(depth, stage)) stage.cancel(true)
        return stage
    }

    suspend fun await(outermost: CompletionStage<*>) = translatingRetries {
        suspendCancellableCoroutine { waiting ->
            waiting.invokeOnCancellation { cancel() }
            outermost.whenComplete { _, failure ->
                if (failure == null) waiting.resume(Unit) else waiting.resumeWithException(failure.thrown())
            }
        }
    }

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
        stages.forEach { it.cancel(true) }
    }

    private fun Throwable.thrown() = (this as? CompletionException)?.cause ?: this
}

private inline fun translatingRetries(block: () -> Unit) {
    try {
        block()
    } catch (e: RetryRequested) {
        // As the cause, it is what the log keeps.
        throw CoreRetryRequested(e.delay().toKotlinDuration(), e.message, e)
    }
}
