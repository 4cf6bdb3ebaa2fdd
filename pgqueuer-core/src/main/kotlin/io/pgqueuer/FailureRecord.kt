package io.pgqueuer

import io.pgqueuer.engine.calls.attempt
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonObject
import kotlin.time.Instant

/**
 * What is kept of a failure: the `traceback` of a log row.
 *
 * Serialized, it has the JSON of Python PgQueuer's `TracebackRecord`, so that both sides read each other's.
 *
 * @property context more facts: `entrypoint` and `queue_manager_id`, of a retry also `attempt`, `retry_delay` (seconds)
 * and `reason`.
 */
@Serializable
public data class FailureRecord(
    @SerialName("job_id") val jobId: Long,
    val timestamp: Instant,
    @SerialName("exception_type") val type: String,
    @SerialName("exception_message") val message: String,
    @SerialName("traceback") val stackTrace: String,
    @SerialName("additional_context") val context: JsonObject? = null,
)
