package io.pgqueuer

import kotlinx.serialization.json.JsonObject
import kotlin.time.Instant

/**
 * One job as the queue holds it: a row of the queue table, read at one moment.
 *
 * [payload] is handed out as it is, not copied: treat it as read-only.
 *
 * @property priority higher is claimed first; ties go to the lower [id].
 * @property payload what the producer stored; null where it stored nothing, which is not the same as no bytes. Listings
 * leave it out: null there, whatever is stored; see [payloadBytes].
 * @property headers null where the producer stored none, and in listings also if they cannot be read.
 * @property attempts how often the job was retried: 0 on its first run. A requeue sets it back to 0.
 * @property rescues how many of its runs in a row ended with an expired lease, so that another claim took the job over. A
 * run that ends by itself, whatever its outcome, sets it back to 0, and so does a requeue; a run that renewed its lease
 * for a long time (ten lease timeouts) before it died is the first of a new row.
 * @property runAt the moment, by the store's clock, from which it may be claimed.
 * @property heartbeat when its lease was last renewed; meaningful while [status] is [JobStatus.PICKED]. If somebody sets it
 * to infinity in the database, the lease does not expire until it is renewed again.
 * @property workerId the worker that holds it, null when none does.
 * @property leaseEpoch the epoch of its last lease, 0 before the first; see [Lease.epoch]. With [workerId], the fence of
 * the current lease.
 * @property payloadBytes how large the stored payload is, also if it was left out of [payload]; null where there is none.
 */
public class StoredJob(
    public val id: JobId,
    public val entrypoint: String,
    public val status: JobStatus,
    public val priority: Int,
    public val payload: ByteArray?,
    public val headers: JsonObject?,
    public val dedupeKey: String?,
    public val attempts: Int,
    public val rescues: Int,
    public val created: Instant,
    public val updated: Instant,
    public val heartbeat: Instant,
    public val runAt: Instant,
    public val workerId: WorkerId?,
    public val leaseEpoch: Long,
    public val payloadBytes: Int? = payload?.size,
) {
    override fun toString(): String =
        "StoredJob(id=$id, entrypoint=$entrypoint, status=${status.label}, attempts=$attempts)"
}

/** The number of a job: its primary key in the queue table, kept over retries, holds and requeues. */
@JvmInline
public value class JobId(
    public val value: Long,
) : Comparable<JobId> {
    override fun compareTo(other: JobId): Int = value.compareTo(other.value)

    override fun toString(): String = value.toString()
}
