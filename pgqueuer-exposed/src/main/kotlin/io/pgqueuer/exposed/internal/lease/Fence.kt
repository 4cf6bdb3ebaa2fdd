package io.pgqueuer.exposed.internal.lease

import io.pgqueuer.exposed.internal.sql.lookUp

/**
 * SQL of the fence: whether the row [job] of the queue is still leased to this worker at this epoch.
 *
 * A worker that stalled past its lease may come back while another one runs the job. Every statement that renews,
 * settles, completes or locks a job therefore finds it by this condition alone, and changes nothing if the lease is
 * gone.
 *
 * The row is found by its primary key; see [lookUp]. The rest is written so that no other index fits: neither one on
 * picked jobs, nor Python's on the worker. If the planner believes that the table is small, these look as good as the
 * key.
 *
 * @param job the alias of the queue's row.
 * @param id SQL of the job's id; [worker] of the worker's; [epoch] of the epoch of its lease.
 */
internal fun fence(job: String, id: String, worker: String, epoch: String): String = listOf(
    lookUp("$job.id", id),
    "$job.queue_manager_id IS NOT DISTINCT FROM $worker",
    "$job.lease_epoch = $epoch",
    isPicked(job),
).joinToString(" AND ")

/** The [fence] for the lease in the row [lease], whose columns are `id, worker, epoch`. */
internal fun fence(job: String, lease: String): String = fence(job, "$lease.id", "$lease.worker", "$lease.epoch")

/** SQL of the fence for the row [schedule] of the schedules: whether this lease is the one of its current run. */
internal fun scheduleFence(schedule: String, id: String, epoch: String): String =
    "$schedule.id = $id AND $schedule.lease_epoch = $epoch AND ${isPicked(schedule)}"

private fun isPicked(alias: String) = "$alias.status >= 'picked' AND $alias.status <= 'picked'"

/**
 * SQL of the epoch of the next lease on the row [alias]: the microseconds since 1970, or one more than the last epoch
 * if that is higher.
 *
 * Counting alone is not enough. Claims commit asynchronously, so a crash of the server can undo a claim whose job is
 * already running. The next run would then get the same epoch. The clock is read once for each statement. An epoch at
 * the end of its range stays there.
 */
internal fun nextEpoch(alias: String) = "greatest(least($alias.lease_epoch, ${Long.MAX_VALUE} - 1) + 1, " +
    "(SELECT (1000000 * extract(epoch FROM clock_timestamp()))::bigint))"

/** The slot that a claim writes: a job that is taken over keeps its own, any other job is given the slot [free]. */
internal fun claimedSlot(alias: String, free: String) =
    "CASE $alias.status WHEN 'picked' THEN $alias.slot ELSE $free END"

/** Clears the columns that only a row held by a worker has. */
internal const val UNHELD = "queue_manager_id = NULL, slot = NULL"
