package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.job.readJob
import io.pgqueuer.exposed.internal.sql.readHeaders
import io.pgqueuer.exposed.internal.table.Column
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.Selection
import io.pgqueuer.port.ClaimedJob
import java.sql.ResultSet
import kotlin.time.Instant

/**
 * Reads the rows of one claim by [worker]. Values that the claim sets are the same for all its jobs. They are known, or
 * read once: every column of every row counts on the hot path.
 */
internal class ClaimedRow(
    private val worker: WorkerId,
) {
    private var claimedAt: Instant? = null

    /**
     * Reads a job and passes it to [take], or to [refuse] if it cannot be read: an unreadable row must not keep other
     * jobs from running. Does nothing if the columns are NULL.
     */
    fun read(row: ResultSet, take: (ClaimedJob) -> Unit, refuse: (UnreadableJob) -> Unit) {
        val id = JobId(leased.orNull(row, QueueTable.id) ?: return)
        val lease = Lease(id, worker, leased[row, QueueTable.leaseEpoch])
        val now = claimedAt ?: leased[row, QueueTable.heartbeat].also { claimedAt = it }
        val entrypoint = leased[row, QueueTable.entrypoint]
        try {
            require(lease.epoch < Long.MAX_VALUE) { "lease_epoch is at its maximum and can fence no run; lower it" }
            val payload = leased[row, QueueTable.payload]
            require(payload != null || isWithoutPayload(row)) { "the payload is larger than $MAX_PAYLOAD_BYTES bytes" }
            val job = leased.readJob(
                row,
                id = id,
                entrypoint = entrypoint,
                status = JobStatus.PICKED,
                headers = readHeaders(leased[row, QueueTable.headers]),
                updated = now,
                heartbeat = now,
                workerId = worker,
                leaseEpoch = lease.epoch,
                payload = payload,
            )
            take(ClaimedJob(job, lease))
        } catch (e: Exception) {
            refuse(UnreadableJob(lease, entrypoint, now, e.message ?: e.toString()))
        }
    }

    private fun isWithoutPayload(row: ResultSet) = leased[row, QueueTable.payloadBytes] == null

    companion object {
        /** The server cannot send a larger payload, or most JVMs cannot hold it. */
        private const val MAX_PAYLOAD_BYTES = 256 * 1024 * 1024

        /** The number of columns of the claim itself, before the columns of the job. */
        private const val BEFORE = 5

        /**
         * All columns except those that the claim has set, which are known, or that a run does not need. None of these is
         * sent.
         */
        private val columns = QueueTable.columns + QueueTable.payloadBytes - setOf<Column>(
            QueueTable.status,
            QueueTable.updated,
            QueueTable.workerId,
            QueueTable.slot,
            QueueTable.cancelRequested,
        )

        private val leased = Selection(
            QueueTable,
            columns,
            alias = "leased",
            after = BEFORE,
            instead = mapOf(
                QueueTable.payload to
                    "CASE WHEN octet_length(leased.payload) <= $MAX_PAYLOAD_BYTES THEN leased.payload END",
            ),
        )

        /** The columns of a leased job; five values come before them. */
        val COLUMNS: String = leased.sql

        val CLAIM_ORDER = Comparator<ClaimedJob> { one, other ->
            if (one.job.priority != other.job.priority) {
                other.job.priority.compareTo(one.job.priority)
            } else {
                one.job.id.value.compareTo(other.job.id.value)
            }
        }
    }
}
