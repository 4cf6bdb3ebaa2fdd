package io.pgqueuer.memory

import io.pgqueuer.domain.Job
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.Lease
import io.pgqueuer.domain.NewJob
import io.pgqueuer.domain.WorkerId
import kotlin.time.Instant

/** One job of the [QueueTable], which alone changes it. */
internal class Row(val id: JobId, job: NewJob, val created: Instant) {
    val entrypoint = job.entrypoint
    val priority = job.priority
    val dedupeKey = job.dedupeKey
    private val payload = job.payload?.copyOf()
    private val headers = job.headers

    var status = JobStatus.QUEUED
    var attempts = 0
    var rescues = 0
    var updated = created
    var heartbeat = created
    var executeAfter = created + job.executeAfter
    var worker: WorkerId? = null
    var epoch = 0L

    val payloadBytes get() = payload?.size ?: 0

    val isActive get() = status == JobStatus.QUEUED || status == JobStatus.PICKED

    // Only a picked job has a worker.
    fun isUnder(lease: Lease) = worker == lease.workerId && epoch == lease.epoch

    fun toJob() = toJob(payload)

    fun toJobWithoutPayload() = toJob(payload = null)

    private fun toJob(payload: ByteArray?) = Job(
        id, entrypoint, status, priority, payload, headers, dedupeKey, attempts, rescues,
        created, updated, heartbeat, executeAfter, worker, epoch, this.payload?.size,
    )

    companion object {
        /** Higher priority first, then lower id. */
        val CLAIM_ORDER: Comparator<Row> = Comparator { a, b ->
            if (a.priority != b.priority) b.priority.compareTo(a.priority) else a.id.compareTo(b.id)
        }

        val DUE_ORDER: Comparator<Row> = compareBy(Row::executeAfter, Row::id)

        val HEARTBEAT_ORDER: Comparator<Row> = compareBy(Row::heartbeat, Row::id)
    }
}
