package io.pgqueuer.memory

import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlin.time.Instant

/** One job of the [QueueTable]. Only that table changes it. */
internal class Row(val id: JobId, job: NewJob, val created: Instant) {
    val entrypoint = job.entrypoint
    val dedupeKey = job.dedupeKey
    private val payload = job.payload?.copyOf()
    private val headers = job.headers

    var status = JobStatus.QUEUED
    var priority = job.priority
    var attempts = 0
    var rescues = 0
    var updated = created
    var heartbeat = created
    var runAt = job.runAt?.coerceAtLeast(created) ?: (created + job.delay)
    var worker: WorkerId? = null
    var epoch = 0L
    var cancelRequestedAt: Instant? = null

    /** Whether it takes a slot of a concurrency limit; has a meaning only while it is picked. */
    var takesSlot = false

    val payloadBytes get() = payload?.size ?: 0

    val isActive get() = status == JobStatus.QUEUED || status == JobStatus.PICKED

    /** The value of a header as text; null if there is none, or if it is an object or an array. */
    fun header(name: String): String? = (headers?.get(name) as? JsonPrimitive)?.contentOrNull

    // Only a picked job has a worker.
    fun isUnder(lease: Lease) = worker == lease.workerId && epoch == lease.epoch

    fun matchesPayload(filter: JobFilter): Boolean = filter.matchesPayload(payload)

    fun toJob() = toJob(payload)

    fun toJobWithoutPayload() = toJob(payload = null)

    private fun toJob(payload: ByteArray?) = StoredJob(
        id, entrypoint, status, priority, payload, headers, dedupeKey, attempts, rescues,
        created, updated, heartbeat, runAt, worker, epoch, this.payload?.size, cancelRequestedAt,
    )

    companion object {
        /** Higher priority first, then lower id. */
        val CLAIM_ORDER: Comparator<Row> = Comparator { a, b ->
            if (a.priority != b.priority) b.priority.compareTo(a.priority) else a.id.compareTo(b.id)
        }

        val DUE_ORDER: Comparator<Row> = compareBy(Row::runAt, Row::id)

        val HEARTBEAT_ORDER: Comparator<Row> = compareBy(Row::heartbeat, Row::id)
    }
}
