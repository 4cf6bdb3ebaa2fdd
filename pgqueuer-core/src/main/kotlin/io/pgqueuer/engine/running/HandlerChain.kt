package io.pgqueuer.engine.running

import io.pgqueuer.EntrypointDefinition
import io.pgqueuer.JobContext
import io.pgqueuer.JobInterceptor
import io.pgqueuer.NewJob
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.Severity
import io.pgqueuer.UndecodablePayloadException
import io.pgqueuer.engine.threads.cancellations
import io.pgqueuer.failures.safeToString
import io.pgqueuer.port.EngineRuntime
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.isActive
import org.slf4j.LoggerFactory
import kotlin.time.Duration

/**
 * The layers of an entrypoint, from the outside in: retry policy, the worker's interceptors, timeout, handler.
 *
 * The timeout covers only the handler, from its first instruction.
 */
internal class HandlerChain(
    private val entrypoint: EntrypointDefinition,
    private val interceptors: List<JobInterceptor>,
    private val runtime: EngineRuntime,
) {
    private val options = entrypoint.options
    private val timeout = options.timeout

    suspend fun run(context: JobContext) {
        if (options.retry === RetryPolicy.NONE) return step(0, context)
        try {
            step(0, context)
        } catch (e: RetryRequested) {
            throw e
        } catch (e: UndecodablePayloadException) {
            throw e
        } catch (failure: Throwable) {
            // Obey a cancellation of this job. A stray cancellation is not a failure of the job.
            if (failure is CancellationException && !currentCoroutineContext().isActive) throw failure
            if (StrayCancellations.isStray(failure)) throw failure
            throw retryOf(failure, context)
        }
    }

    private suspend fun step(index: Int, context: JobContext) {
        if (index == interceptors.size) {
            val limit = timeout?.let { TimeLimit(context.job, it, runtime.timeSource, runtime.cancellations) }
            return entrypoint.handler.run(context, context.job, runtime.blocking, limit)
        }
        val next = NextStep { step(index + 1, context) }
        try {
            interceptors[index].intercept(context, next::invoke)
        } finally {
            next.close()
        }
        // An interceptor may turn a failure into a success, but not the cancellation of an unfinished job.
        next.cancellation?.let { if (!currentCoroutineContext().isActive) throw it }
    }

    /** What to throw for a [failure] under the policy: a request for a retry, or the failure itself. */
    private fun retryOf(failure: Throwable, context: JobContext): Throwable {
        val asked = try {
            options.retry.delayAfter(failure, context.attempt, runtime.random) ?: return failure
        } catch (e: Throwable) {
            log.log(
                Severity.WARN,
                "the retry policy of entrypoint '${entrypoint.name}' failed: job ${context.job.id} is not retried",
                e,
            )
            return RetryPolicyFailedException(failure, e)
        }
        return RetryRequested(kept(asked, context), "retry policy: ${failure.safeToString()}", failure)
    }

    /** The requested delay, limited to what a store can keep: an invalid delay must not cost the job its retry. */
    private fun kept(asked: Duration, context: JobContext): Duration {
        val kept = asked.coerceIn(Duration.ZERO, NewJob.MAX_DELAY)
        if (kept != asked) {
            log.warn(
                "the retry policy of entrypoint '{}' asked for a delay of {} for job {}; it is retried in {}. A " +
                    "delay must be between 0 and {}",
                entrypoint.name,
                asked,
                context.job.id,
                kept,
                NewJob.MAX_DELAY,
            )
        }
        return kept
    }

    private companion object {
        val log = LoggerFactory.getLogger(HandlerChain::class.java)
    }
}
