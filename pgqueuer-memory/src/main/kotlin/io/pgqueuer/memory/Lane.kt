package io.pgqueuer.memory

import io.pgqueuer.JobStatus
import io.pgqueuer.WorkerId
import java.util.TreeSet
import kotlin.time.Instant

/** The queued and picked jobs of one entrypoint, in the structures that a claim searches. */
internal class Lane(claimOrder: Comparator<Row>) {
    /** Jobs that are due, in the order in which they are claimed. */
    val ready = TreeSet(claimOrder)

    /** Jobs that were not due at the last look, by due time. */
    val deferred = TreeSet(Row.DUE_ORDER)

    private val leased = HashMap<WorkerId, TreeSet<Row>>()

    /** How many jobs are picked, by any worker, whether or not the lease has expired. */
    var picked = 0
        private set

    fun add(row: Row, now: Instant) {
        if (row.status == JobStatus.PICKED) {
            leased.getOrPut(row.holder) { TreeSet(Row.HEARTBEAT_ORDER) } += row
            picked++
        } else {
            (if (row.runAt <= now) ready else deferred) += row
        }
    }

    fun remove(row: Row) {
        if (row.status == JobStatus.PICKED) {
            val ofWorker = leased.getValue(row.holder)
            ofWorker -= row
            if (ofWorker.isEmpty()) leased -= row.holder
            picked--
        } else if (!ready.remove(row)) {
            deferred -= row
        }
    }

    /** Moves the jobs that are due by [now] to the ready ones. */
    fun advance(now: Instant) {
        while (deferred.isNotEmpty() && deferred.first().runAt <= now) ready += deferred.pollFirst()!!
    }

    /** The picked jobs without a heartbeat since [cutoff]. */
    fun expired(cutoff: Instant): List<Row> =
        leased.values.flatMap { ofWorker -> ofWorker.takeWhile { it.heartbeat <= cutoff } }

    /** The oldest heartbeat since [cutoff] among the leases of workers other than [worker]. */
    fun oldestHeartbeatOfOthers(worker: WorkerId, cutoff: Instant): Instant? =
        leased.filterKeys { it != worker }.values.mapNotNull { ofWorker ->
            ofWorker.firstOrNull { it.heartbeat > cutoff }?.heartbeat
        }.minOrNull()

    private val Row.holder get() = checkNotNull(worker) { "job $id is picked by nobody" }
}
