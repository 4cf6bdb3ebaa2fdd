package io.pgqueuer.engine

import io.pgqueuer.OnFailure
import io.pgqueuer.Resources
import io.pgqueuer.RetryRequested
import io.pgqueuer.domain.Outcome
import io.pgqueuer.port.Backend
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import org.slf4j.LoggerFactory

/** Runs one claimed job through its handler and tells its outcome. */
internal class JobRunner(
    private val backend: Backend,
    private val resources: Resources,
    private val chains: Map<String, HandlerChain>,
    private val records: FailureRecords,
) {
    /** Returns what is to be written for the job; null where nothing may be, because its lease is gone. */
    suspend fun run(running: RunningJob): Outcome? {
        val failure = try {
            currentCoroutineContext().ensureActive()
            chains.getValue(running.job.entrypoint).run(RunContext(running, backend, resources))
            null
        } catch (e: Throwable) {
            e
        }
        val completed = failure == null && !running.completing
        return when (running.stopReason) {
            is StopReason.Canceled, is StopReason.LeaseLost -> null
            is StopReason.WorkerStops -> if (completed) Outcome.Succeeded else Outcome.Released
            null -> if (completed) Outcome.Succeeded else outcomeOf(running, failure)
        }
    }

    /** What to write for a failure; of a job that its handler completed, only if that did not commit. */
    private fun outcomeOf(running: RunningJob, failure: Throwable?): Outcome {
        if (failure is RetryRequested) {
            log.info("{} is retried in {}: {}", running, failure.delay, failure.safeMessage(MAX_LOGGED_BYTES))
            return Outcome.Retried(failure.delay, records.ofRetry(running, failure))
        }
        if (failure != null) {
            // The log of the job keeps the stack trace.
            log.warn("{} failed: {}", running, failure.safeToString())
            if (log.isDebugEnabled) log.debug("{} failed\n{}", running, failure.safeStackTrace())
        }
        val record = records.of(running, failure ?: CompletionRolledBackException(running))
        return when (running.entrypoint.onFailure) {
            OnFailure.DELETE -> Outcome.Failed(record)
            OnFailure.HOLD -> Outcome.Held(record)
        }
    }

    private companion object {
        val log = LoggerFactory.getLogger(JobRunner::class.java)
    }
}
