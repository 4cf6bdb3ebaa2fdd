package io.pgqueuer.engine.running

import io.pgqueuer.Backend
import io.pgqueuer.JobInterceptor
import io.pgqueuer.OnFailure
import io.pgqueuer.Resources
import io.pgqueuer.RetryRequested
import io.pgqueuer.UndecodablePayloadException
import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.engine.leases.StopReason
import io.pgqueuer.engine.leases.endWithoutOutcome
import io.pgqueuer.engine.leases.seen
import io.pgqueuer.failures.safeToString
import io.pgqueuer.port.Outcome
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import org.slf4j.LoggerFactory

/** Runs one claimed job through its handler and returns its outcome. */
internal class JobRunner(
    private val backend: Backend,
    private val resources: Resources,
    private val chains: Map<String, HandlerChain>,
    private val records: FailureRecords,
    private val strays: StrayCancellations,
    private val interceptors: List<JobInterceptor>,
    private val failureLog: FailureLog,
) {
    /** Returns what to write for the job. Returns null if the lease is gone and nothing may be written. */
    suspend fun run(running: RunningJob): Outcome? {
        val context = RunContext(running, backend, resources)
        val failure = try {
            currentCoroutineContext().ensureActive()
            chains.getValue(running.job.entrypoint).run(context)
            null
        } catch (e: Throwable) {
            e
        }
        running.exception = thrownBy(failure)
        val outcome = outcomeOfRun(running, failure)
        failureLog.write(running, outcome)
        if (interceptors.isNotEmpty()) tellInterceptors(context, outcome)
        return outcome
    }

    /** The handler's own exception, without the engine's wrappers. */
    private fun thrownBy(failure: Throwable?): Throwable? = when (failure) {
        is RetryRequested -> failure.cause ?: failure
        is RetryPolicyFailedException -> failure.failure
        else -> failure
    }

    private fun tellInterceptors(context: RunContext, outcome: Outcome?) {
        val running = context.running
        val seen = outcome?.seen(running.exception) ?: running.endWithoutOutcome
        for (interceptor in interceptors.asReversed()) {
            try {
                interceptor.onOutcome(context, seen)
            } catch (e: Throwable) {
                log.warn("an interceptor failed on the outcome of {}, which stays: {}", running, e.safeToString())
            }
        }
    }

    private fun outcomeOfRun(running: RunningJob, failure: Throwable?): Outcome? {
        val completed = failure == null && !running.completing
        return when (running.stopReason) {
            is StopReason.Canceled -> if (running.leaseGone) null else Outcome.Canceled
            is StopReason.LeaseLost -> null
            is StopReason.Refused -> Outcome.Released
            is StopReason.Overdue, is StopReason.WorkerStops -> if (completed) Outcome.Succeeded else Outcome.Released
            null -> if (completed) Outcome.Succeeded else guarded(running) { outcomeOf(running, failure) }
        }
    }

    /**
     * Gives a job back if its outcome cannot be determined, for example because memory ran out. The job must not stay
     * leased forever.
     */
    private inline fun guarded(running: RunningJob, tell: () -> Outcome): Outcome = try {
        tell()
    } catch (e: Throwable) {
        running.rest = strays.restAfter(running.job.id, e)
        log.error("cannot tell the outcome of {}; it is given back in {}", running, running.rest, e)
        Outcome.Released
    }

    /** What to write. If the handler completed the job itself, it is written only if that did not commit. */
    private fun outcomeOf(running: RunningJob, failure: Throwable?): Outcome = when {
        failure is GiveBackException -> Outcome.Released
        failure is RetryRequested -> retried(running, failure)
        failure != null && StrayCancellations.isStray(failure) -> givenBack(running, failure)
        else -> failed(running, failure ?: CompletionRolledBackException(running))
    }

    private fun retried(running: RunningJob, request: RetryRequested): Outcome =
        Outcome.Retried(request.delay, records.ofRetry(running, request))

    private fun givenBack(running: RunningJob, cancellation: Throwable): Outcome {
        running.rest = strays.restAfter(running.job.id, cancellation)
        log.warn(
            "{} was cancelled by its own code, not by its worker: {}. This run does not count; it is given back " +
                "in {}. Do not let a CancellationException of another scope leave the handler",
            running,
            cancellation.safeToString(),
            running.rest,
        )
        return Outcome.Released
    }

    private fun failed(running: RunningJob, failure: Throwable): Outcome {
        val record = records.of(running, failure)
        val options = running.entrypoint.options
        return when (if (failure is UndecodablePayloadException) options.onUndecodable else options.onFailure) {
            OnFailure.DELETE -> Outcome.Failed(record)
            OnFailure.HOLD -> Outcome.Held(record)
        }
    }

    private companion object {
        val log = LoggerFactory.getLogger(JobRunner::class.java)
    }
}
