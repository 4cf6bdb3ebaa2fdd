package io.pgqueuer.engine.running

import io.pgqueuer.FailureRecord
import io.pgqueuer.RetryRequested
import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.failures.MAX_FAILURE_BYTES
import io.pgqueuer.failures.boundedTo
import io.pgqueuer.failures.safeMessage
import io.pgqueuer.failures.safeStackTrace
import io.pgqueuer.failures.safeToString
import io.pgqueuer.failures.safeType
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.DurationUnit

/**
 * Makes the failure records that the log keeps.
 *
 * It always returns a record, whatever the failure's own code does. Message, stack trace and reason have at most
 * [MAX_FAILURE_BYTES] each.
 */
internal class FailureRecords(
    private val clock: Clock,
) {
    fun of(running: RunningJob, failure: Throwable): FailureRecord = when (failure) {
        is RetryPolicyFailedException -> record(running, failure.failure, failure.stackTraces()) {
            put("retry_policy_failure", failure.ofPolicy.safeToString())
        }

        else -> record(running, failure) {}
    }

    fun ofRetry(running: RunningJob, request: RetryRequested): FailureRecord =
        record(running, request.cause ?: request) {
            put("attempt", running.job.attempts.coerceAtMost(Int.MAX_VALUE - 1) + 1)
            put("retry_delay", request.delay.seconds)
            put("reason", request.reason?.boundedTo(MAX_FAILURE_BYTES))
        }

    private fun record(
        running: RunningJob,
        failure: Throwable,
        stackTrace: String = failure.safeStackTrace(),
        more: JsonObjectBuilder.() -> Unit,
    ) = FailureRecord(
        jobId = running.job.id.value,
        timestamp = clock.now(),
        type = failure.safeType(),
        message = failure.safeMessage(),
        stackTrace = stackTrace,
        context = context(running, more),
    )

    private fun context(running: RunningJob, more: JsonObjectBuilder.() -> Unit): JsonObject = buildJsonObject {
        put("entrypoint", running.job.entrypoint)
        put("queue_manager_id", running.lease.workerId.toString())
        more()
    }

    private val Duration.seconds get() = toDouble(DurationUnit.SECONDS)
}
