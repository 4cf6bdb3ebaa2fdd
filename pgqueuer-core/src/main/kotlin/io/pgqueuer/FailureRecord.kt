package io.pgqueuer

import io.pgqueuer.failures.InstantText
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.JsonObject
import kotlin.time.Instant

/**
 * The record of a failure, as the log keeps it in the column `traceback`.
 *
 * Its JSON is that of Python PgQueuer's `TracebackRecord`, so that each side can read the records of the other.
 *
 * @property context more facts: `entrypoint` and `queue_manager_id`; for a retry also `attempt`, `retry_delay` (in
 * seconds) and `reason`.
 */
@Serializable
public data class FailureRecord(
    @SerialName("job_id") val jobId: Long,
    @Serializable(InstantText::class) val timestamp: Instant,
    @SerialName("exception_type") val type: String,
    @SerialName("exception_message") val message: String,
    @SerialName("traceback") val stackTrace: String,
    @SerialName("additional_context") val context: JsonObject? = null,
)
