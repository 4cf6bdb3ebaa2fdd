package io.pgqueuer.memory

import io.pgqueuer.JobStatus
import io.pgqueuer.WorkerId
import java.util.TreeSet
import kotlin.time.Instant

/** The queued and picked jobs of one entrypoint, each where a claim looks for it. */
internal class Lane(claimOrder: Comparator<Row>) {
    /** Due, in the order in which they are claimed. */
    val ready = TreeSet(claimOrder)

    /** Not due when last looked at, by due time. */
    val deferred = TreeSet(Row.DUE_ORDER)

    private val leased = HashMap<WorkerId, TreeSet<Row>>()

    /** How many are picked, by whomever, expired or not. */
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

    /** Makes ready what is due by [now]. */
    fun advance(now: Instant) {
        while (deferred.isNotEmpty() && deferred.first().runAt <= now) ready += deferred.pollFirst()!!
    }

    /** The picked jobs without a heartbeat since [cutoff]. */
    fun expired(cutoff: Instant): List<Row> =
        leased.values.flatMap { ofWorker -> ofWorker.takeWhile { it.heartbeat <= cutoff } }

    /** The oldest heartbeat since [cutoff] on leases of workers other than [worker]. */
    fun oldestHeartbeatOfOthers(worker: WorkerId, cutoff: Instant): Instant? =
        leased.filterKeys { it != worker }.values.mapNotNull { ofWorker ->
            ofWorker.firstOrNull { it.heartbeat > cutoff }?.heartbeat
        }.minOrNull()

    private val Row.holder get() = checkNotNull(worker) { "job $id is picked by nobody" }
}
