package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.FailureRecord
import io.pgqueuer.Lease
import io.pgqueuer.UnreadableJobException
import io.pgqueuer.port.HeldByClaim
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlin.time.Instant

/**
 * A job that was leased and cannot be run, because its row has a value that this library cannot read.
 *
 * @property problem what is wrong with the row.
 */
internal class UnreadableJob(
    private val lease: Lease,
    private val entrypoint: String,
    private val claimedAt: Instant,
    private val problem: String,
) {
    private val message = "job ${lease.jobId} of entrypoint '$entrypoint' is held: its row cannot be read: $problem; " +
        "correct the row and requeue the job, or delete it"

    val held get() = HeldByClaim(lease.jobId, entrypoint)

    /** Holds the job, with a failure record that gives the reason. */
    fun hold() = Settlement(
        lease,
        Outcome.Held(
            FailureRecord(
                jobId = lease.jobId.value,
                timestamp = claimedAt,
                type = UnreadableJobException::class.java.name,
                message = message,
                stackTrace = "",
                context = buildJsonObject {
                    put("entrypoint", entrypoint)
                    put("queue_manager_id", lease.workerId.toString())
                },
            ),
        ),
    )

    override fun toString() = message
}
