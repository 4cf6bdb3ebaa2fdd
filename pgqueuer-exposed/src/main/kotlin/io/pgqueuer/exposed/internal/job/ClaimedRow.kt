package io.pgqueuer.exposed.internal.job

import io.pgqueuer.domain.ClaimedJob
import io.pgqueuer.domain.Job
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.Lease
import io.pgqueuer.domain.WorkerId
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.readHeaders
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

    /** Reads a job from the columns [after] others; null where they are NULL. */
    fun read(row: ResultSet, after: Int): ClaimedJob? {
        var column = after
        val id = row.longOrNull(++column)?.let(::JobId) ?: return null
        val now = claimedAt ?: row.instant(after + HEARTBEAT).also { claimedAt = it }
        val job = Job(
            id = id,
            entrypoint = row.getString(++column),
            status = JobStatus.PICKED,
            priority = row.getInt(++column),
            payload = row.getBytes(++column),
            headers = readHeaders(row.getString(++column)),
            dedupeKey = row.getString(++column),
            attempts = row.getInt(++column),
            rescues = row.getInt(++column),
            created = row.instant(++column),
            executeAfter = row.instant(++column),
            leaseEpoch = row.getLong(++column),
            updated = now,
            heartbeat = now,
            workerId = worker,
        )
        return ClaimedJob(job, Lease(id, worker, job.leaseEpoch))
    }

    companion object {
        private val columns = listOf(
            "id", "entrypoint", "priority", "payload", "headers", "dedupe_key", "attempts", "rescues", "created",
            "execute_after", "lease_epoch", "heartbeat",
        )

        /** The columns of a leased job, in the order in which [read] expects them. */
        val COLUMNS: String = columns.joinToString { "leased.$it" }

        private val HEARTBEAT = columns.indexOf("heartbeat") + 1

        val CLAIM_ORDER = Comparator<ClaimedJob> { one, other ->
            if (one.job.priority != other.job.priority) {
                other.job.priority.compareTo(one.job.priority)
            } else {
                one.job.id.value.compareTo(other.job.id.value)
            }
        }
    }
}
