package io.pgqueuer

import kotlinx.serialization.json.JsonObject
import kotlin.time.Instant

/**
 * A job in the queue: its row, as it was read at one moment.
 *
 * The bytes of [payload] are not copied. Do not change them.
 *
 * @property priority jobs of higher priority are claimed first; among equals, the one with the lowest [id].
 * @property payload what the producer stored; null if it stored none, which is not the same as empty. Listings leave
 * payloads out: it is null there, and [payloadBytes] has the size.
 * @property headers what the producer stored; null if it stored none, and in listings also if they cannot be read.
 * @property attempts how often the job was retried: 0 on its first run. A requeue resets it to 0.
 * @property rescues how often in a row the lease of the job has expired, so that another claim took the job over. A
 * requeue resets it to 0, and so does a run that ends by itself, whatever its outcome. If a run had renewed its lease
 * for ten lease timeouts before its worker died, the count starts again at 1.
 * @property runAt when the job is due, by the store's clock.
 * @property heartbeat when the lease was last renewed; has a meaning only while [status] is [JobStatus.PICKED]. If
 * somebody sets it to infinity in the database, the lease does not expire until it is renewed again.
 * @property workerId the worker that holds the job; null if none does.
 * @property leaseEpoch the epoch of the last lease, 0 before the first; see [Lease.epoch]. Together with [workerId], it
 * is the fence of the current lease.
 * @property cancelRequestedAt when somebody asked to cancel the job while it was running; null if nobody did. Its worker
 * cancels the handler and records the job as canceled. If the worker is dead, the job is recorded as canceled after its
 * lease has expired. It never runs again.
 * @property payloadBytes the size of the stored payload, also if [payload] leaves it out; null if there is no payload.
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
    public val cancelRequestedAt: Instant? = null,
) {
    /**
     * The payload as text in UTF-8; null if there is none.
     *
     * @throws IllegalStateException if the payload is not UTF-8.
     */
    public val payloadText: String?
        get() = try {
            payload?.decodeToString(throwOnInvalidSequence = true)
        } catch (e: CharacterCodingException) {
            throw IllegalStateException("the payload of job $id of entrypoint '$entrypoint' is not text in UTF-8", e)
        }

    override fun toString(): String =
        "StoredJob(id=$id, entrypoint=$entrypoint, status=${status.label}, attempts=$attempts)"
}

/** The id of a job: its primary key in the queue table. Retries, holds and requeues keep it. */
@JvmInline
public value class JobId(
    public val value: Long,
) : Comparable<JobId> {
    override fun compareTo(other: JobId): Int = value.compareTo(other.value)

    override fun toString(): String = value.toString()
}
