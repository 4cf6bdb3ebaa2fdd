package io.pgqueuer.engine

import io.pgqueuer.JobContext
import io.pgqueuer.JobInterceptor
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.domain.JobTimeoutException
import io.pgqueuer.port.EngineRuntime
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.isActive
import kotlinx.coroutines.withTimeoutOrNull

/**
 * The way through an entrypoint, from the outside in: retry by policy, the worker's interceptors, timeout, handler.
 */
internal class HandlerChain(
    private val entrypoint: Entrypoint,
    userInterceptors: List<JobInterceptor>,
    private val runtime: EngineRuntime,
) {
    private val interceptors: List<JobInterceptor> = buildList {
        if (entrypoint.retry !== RetryPolicy.NONE) add(::retryByPolicy)
        addAll(userInterceptors)
        if (entrypoint.timeout.isFinite()) add(::failInTime)
    }

    suspend fun run(context: JobContext) = step(0, context)

    private suspend fun step(index: Int, context: JobContext) {
        if (index == interceptors.size) {
            entrypoint.handler.run(context, context.job, runtime.blocking)
        } else {
            interceptors[index].intercept(context) { step(index + 1, context) }
        }
    }

    private suspend fun failInTime(context: JobContext, next: suspend () -> Unit) {
        withTimeoutOrNull(entrypoint.timeout) { next() }
            ?: throw JobTimeoutException(context.job.id, entrypoint.timeout, entrypoint.name)
    }

    private suspend fun retryByPolicy(context: JobContext, next: suspend () -> Unit) {
        try {
            next()
        } catch (e: RetryRequested) {
            throw e
        } catch (e: UndecodablePayloadException) {
            throw e
        } catch (failure: Throwable) {
            // A cancellation of this job is obeyed; one that only leaked out of the handler is a failure of it.
            if (failure is CancellationException && !currentCoroutineContext().isActive) throw failure
            val delay = entrypoint.retry.delayAfter(failure, context.attempt, runtime.random) ?: throw failure
            throw RetryRequested(delay, "retry policy: $failure", failure)
        }
    }
}
