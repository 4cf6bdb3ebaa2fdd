package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.readHeaders
import io.pgqueuer.port.ClaimedJob
import java.sql.ResultSet
import kotlin.time.Instant

/**
 * Reads the rows of one claim by [worker]. What a claim sets is the same for all its jobs, and is known or read once:
 * on the hot path each column of each row counts.
 */
internal class ClaimedRow(
    private val worker: WorkerId,
) {
    private var claimedAt: Instant? = null

    /**
     * Reads a job from the columns [after] others and gives it to [take], or to [refuse] if it cannot be read: one such
     * row must not keep the others from being run. Gives nothing where the columns are NULL.
     */
    fun read(row: ResultSet, after: Int, take: (ClaimedJob) -> Unit, refuse: (UnreadableJob) -> Unit) {
        val id = JobId(row.longOrNull(after + ID) ?: return)
        val lease = Lease(id, worker, row.getLong(after + LEASE_EPOCH))
        val now = claimedAt ?: row.instant(after + HEARTBEAT).also { claimedAt = it }
        val entrypoint = row.getString(after + ENTRYPOINT)
        try {
            require(lease.epoch < Long.MAX_VALUE) { "lease_epoch is at its maximum and can fence no run; lower it" }
            take(ClaimedJob(read(row, after, lease, entrypoint, now), lease))
        } catch (e: Exception) {
            refuse(UnreadableJob(lease, entrypoint, now, e.message ?: e.toString()))
        }
    }

    private fun read(row: ResultSet, after: Int, lease: Lease, entrypoint: String, now: Instant): StoredJob {
        var column = after + ENTRYPOINT
        return StoredJob(
            id = lease.jobId,
            entrypoint = entrypoint,
            status = JobStatus.PICKED,
            priority = row.getInt(++column),
            payload = row.getBytes(++column),
            headers = readHeaders(row.getString(++column)),
            dedupeKey = row.getString(++column),
            attempts = row.getInt(++column),
            rescues = row.getInt(++column),
            created = row.instant(++column),
            runAt = row.instant(++column),
            leaseEpoch = lease.epoch,
            updated = now,
            heartbeat = now,
            workerId = worker,
        ).also {
            require(!row.getBoolean(after + TOO_LARGE)) { "the payload is larger than $MAX_PAYLOAD_BYTES bytes" }
        }
    }

    companion object {
        /** A larger payload cannot be sent by the server, or not be held by most JVMs. */
        private const val MAX_PAYLOAD_BYTES = 256 * 1024 * 1024

        private val columns = listOf(
            "leased.id",
            "leased.entrypoint",
            "leased.priority",
            "CASE WHEN octet_length(leased.payload) <= $MAX_PAYLOAD_BYTES THEN leased.payload END",
            "leased.headers",
            "leased.dedupe_key",
            "leased.attempts",
            "leased.rescues",
            "leased.created",
            "leased.execute_after",
            "leased.lease_epoch",
            "leased.heartbeat",
            "octet_length(leased.payload) > $MAX_PAYLOAD_BYTES",
        )

        /** The columns of a leased job, in the order in which [read] expects them. */
        val COLUMNS: String = columns.joinToString()

        private fun place(column: String) = columns.indexOf("leased.$column") + 1

        private val ID = place("id")
        private val ENTRYPOINT = place("entrypoint")
        private val LEASE_EPOCH = place("lease_epoch")
        private val HEARTBEAT = place("heartbeat")
        private val TOO_LARGE = columns.size

        val CLAIM_ORDER = Comparator<ClaimedJob> { one, other ->
            if (one.job.priority != other.job.priority) {
                other.job.priority.compareTo(one.job.priority)
            } else {
                one.job.id.value.compareTo(other.job.id.value)
            }
        }
    }
}
