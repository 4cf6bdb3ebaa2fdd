package io.pgqueuer.engine.running

import io.pgqueuer.RetryRequested
import io.pgqueuer.RunOptions
import io.pgqueuer.Worker
import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.failures.MAX_LOGGED_BYTES
import io.pgqueuer.failures.safeMessage
import io.pgqueuer.port.Outcome
import org.slf4j.LoggerFactory

/**
 * Writes each failure of a handler to the application's log, once, with the exception.
 *
 * It is written at the end of the run, on the coroutine of the handler: with the logging context of the job, and where
 * the exception's own code can harm only this job. The outcome is not written then.
 */
internal class FailureLog(
    private val options: RunOptions,
) {
    fun write(running: RunningJob, outcome: Outcome?) {
        val failure = running.exception ?: return
        val attempt = running.job.attempts + 1L
        when (outcome) {
            is Outcome.Retried -> if (failure is RetryRequested) {
                log.info(
                    "{} asks to run again in {}: {}",
                    running,
                    outcome.delay,
                    failure.safeMessage(MAX_LOGGED_BYTES),
                )
            } else {
                val next = running.orSucceeded("it runs again in ${outcome.delay}")
                log.log(options.retrySeverity, "$running failed on attempt $attempt; $next", failure)
            }

            is Outcome.Failed, is Outcome.Held -> {
                val next = running.orSucceeded(if (outcome is Outcome.Held) "it is held" else "it is deleted")
                log.log(options.failureSeverity, "$running failed for good on attempt $attempt; $next", failure)
            }

            is Outcome.Succeeded, is Outcome.Released, is Outcome.Canceled, null -> Unit
        }
    }

    /** A job that its handler completed before it threw has succeeded if that was committed. */
    private fun RunningJob.orSucceeded(next: String): String =
        if (completing) "its handler had completed it: if that is committed, it succeeded, otherwise $next" else next

    private companion object {
        val log = LoggerFactory.getLogger(Worker::class.java)
    }
}
