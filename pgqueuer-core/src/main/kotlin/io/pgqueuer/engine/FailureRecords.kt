package io.pgqueuer.engine

import io.pgqueuer.RetryRequested
import io.pgqueuer.domain.FailureRecord
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.DurationUnit

/** Makes the records that the log keeps of failures. */
internal class FailureRecords(
    private val clock: Clock,
) {
    fun of(running: RunningJob, failure: Throwable): FailureRecord = record(running, failure) {}

    fun ofRetry(running: RunningJob, request: RetryRequested): FailureRecord =
        record(running, request.cause ?: request) {
            put("attempt", running.job.attempts + 1)
            put("retry_delay", request.delay.seconds)
            put("reason", request.reason)
        }

    private fun record(running: RunningJob, failure: Throwable, more: JsonObjectBuilder.() -> Unit) = FailureRecord(
        jobId = running.job.id.value,
        timestamp = clock.now(),
        type = failure::class.qualifiedName ?: failure.javaClass.name,
        message = failure.message.orEmpty().take(MAX_CHARS),
        stackTrace = failure.stackTraceToString().take(MAX_CHARS),
        context = context(running, more),
    )

    private fun context(running: RunningJob, more: JsonObjectBuilder.() -> Unit): JsonObject = buildJsonObject {
        put("entrypoint", running.job.entrypoint)
        put("queue_manager_id", running.lease.workerId.toString())
        more()
    }

    private val Duration.seconds get() = toDouble(DurationUnit.SECONDS)

    private companion object {
        /** Keeps a log row readable and small, whatever an exception carries. */
        const val MAX_CHARS = 50_000
    }
}
