package io.pgqueuer.memory

import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.WorkerId
import java.util.TreeMap
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * The jobs. Each change of a job is one function here, which writes the log entry and updates the indexes.
 *
 * Not safe for concurrent use: the [MemoryDatabase] serializes access.
 */
internal class QueueTable(val claimOrder: Comparator<Row> = Row.CLAIM_ORDER) {
    // In order of insertion, which is the order of the ids.
    private val byId = LinkedHashMap<JobId, Row>()
    private val lanes = HashMap<String, Lane>()
    private val held = TreeMap<JobId, Row>()
    private val activeKeys = HashMap<String, Row>()
    private var lastId = 0L

    val log = LogTable()

    val rows: Collection<Row> get() = byId.values

    operator fun get(id: JobId): Row? = byId[id]

    /** The job under [lease], or null if that lease is gone. */
    operator fun get(lease: Lease): Row? = byId[lease.jobId]?.takeIf { it.isUnder(lease) }

    fun lane(entrypoint: String): Lane = lanes.getOrPut(entrypoint) { Lane(claimOrder) }

    fun heldAfter(id: JobId?): Collection<Row> = (if (id == null) held else held.tailMap(id, false)).values

    /** The queued or picked job that has [dedupeKey]. */
    fun activeWith(dedupeKey: String): Row? = activeKeys[dedupeKey]

    fun insert(job: NewJob, now: Instant): JobId {
        val row = Row(JobId(++lastId), job, now)
        byId[row.id] = row
        index(row, now)
        log.write(row, row.status, now, null)
        return row.id
    }

    /**
     * Gives [row], whose lease has expired [deaths] times in a row, to [worker].
     *
     * @param isLimited whether the worker limits the entrypoint. A job that is taken over keeps its slot, or has none.
     */
    fun pick(row: Row, worker: WorkerId, deaths: Int, isLimited: Boolean, now: Instant): Lease {
        change(row, now) {
            if (status != JobStatus.PICKED) takesSlot = isLimited
            rescues = deaths
            status = JobStatus.PICKED
            this.worker = worker
            heartbeat = now
            epoch = maxOf(epoch + 1, now.microsSince1970())
        }
        val lease = Lease(row.id, worker, row.epoch)
        log.write(row, JobStatus.PICKED, now, null, lease)
        return lease
    }

    fun raise(row: Row, priority: Int, now: Instant) {
        unindex(row)
        row.priority = maxOf(row.priority, priority)
        index(row, now)
    }

    fun renew(row: Row, now: Instant) {
        unindex(row)
        row.heartbeat = now
        index(row, now)
    }

    fun retry(row: Row, delay: Duration, record: FailureRecord, now: Instant) {
        change(row, now) {
            queue(now + delay)
            attempts = attempts.coerceAtMost(Int.MAX_VALUE - 1) + 1
            rescues = 0
        }
        log.write(row, JobStatus.QUEUED, now, record)
    }

    fun release(row: Row, now: Instant) {
        change(row, now) {
            queue(minOf(runAt, now))
            rescues = 0
        }
        log.write(row, JobStatus.QUEUED, now, null)
    }

    fun hold(row: Row, record: FailureRecord, now: Instant) {
        change(row, now) {
            status = JobStatus.HELD
            rescues = 0
            worker = null
        }
        log.write(row, JobStatus.HELD, now, record)
    }

    fun requeue(row: Row, now: Instant) {
        change(row, now) {
            queue(now)
            attempts = 0
            rescues = 0
        }
        log.write(row, JobStatus.QUEUED, now, null)
    }

    fun makeDue(row: Row, now: Instant) {
        change(row, now) { runAt = now }
    }

    /** Ends [row] with [status]. */
    fun delete(row: Row, status: JobStatus, now: Instant, record: FailureRecord? = null) {
        unindex(row)
        byId -= row.id
        log.write(row, status, now, record)
    }

    private fun Row.queue(dueAt: Instant) {
        status = JobStatus.QUEUED
        runAt = dueAt
        worker = null
    }

    private inline fun change(row: Row, now: Instant, change: Row.() -> Unit) {
        unindex(row)
        row.change()
        row.updated = now
        index(row, now)
    }

    private fun index(row: Row, now: Instant) {
        if (row.isActive) {
            lane(row.entrypoint).add(row, now)
            row.dedupeKey?.let { activeKeys[it] = row }
        } else {
            held[row.id] = row
        }
    }

    private fun unindex(row: Row) {
        if (row.isActive) {
            lane(row.entrypoint).remove(row)
            row.dedupeKey?.let(activeKeys::remove)
        } else {
            held -= row.id
        }
    }
}

/** Used as the epoch of a lease. It comes from the store's clock, as on PostgreSQL. */
internal fun Instant.microsSince1970(): Long = epochSeconds * 1_000_000 + nanosecondsOfSecond / 1_000
