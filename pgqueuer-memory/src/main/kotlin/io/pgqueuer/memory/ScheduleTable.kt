package io.pgqueuer.memory

import io.pgqueuer.JobStatus
import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.port.ScheduleLease
import io.pgqueuer.port.ScheduleTarget
import kotlin.time.Duration
import kotlin.time.Instant

/** The schedules. Not safe for concurrent use: the [MemoryDatabase] serializes access. */
internal class ScheduleTable {
    private val rows = HashMap<Key, Schedule>()
    private var lastId = 0L

    private data class Key(val name: String, val expression: String)

    val all: List<Schedule> get() = rows.values.sortedWith(compareBy(Schedule::name, Schedule::expression))

    val size: Int get() = rows.size

    operator fun get(target: ScheduleTarget): Schedule? = rows[target.key]

    fun register(target: ScheduleTarget, now: Instant) {
        val row = rows[target.key]
        val nextRun = target.nextAfter(now, target.zone)
        if (row == null) {
            put(
                Schedule(
                    ScheduleId(++lastId), target.name, target.expression, target.zone, JobStatus.QUEUED,
                    pausedSince = null, nextRun, lastRun = null, created = now, updated = now, heartbeat = now,
                    leaseEpoch = 0,
                ),
            )
        } else {
            val waits = row.status == JobStatus.QUEUED && row.nextRun.let { it != null && it > now }
            val registered = row.copy(zone = target.zone, nextRun = if (waits) nextRun else row.nextRun)
            if (registered != row) put(registered.changed(now))
        }
    }

    /**
     * Removes what those [targets] that clean replace, except runs that have been under way since [expired] or later.
     */
    fun clean(targets: List<ScheduleTarget>, expired: Instant) {
        val known = targets.mapTo(HashSet()) { it.key }
        val cleaned = targets.filter { it.cleanOld }.mapTo(HashSet()) { it.name }
        rows.entries.removeIf { (key, row) ->
            key.name in cleaned && key !in known && (row.status == JobStatus.QUEUED || row.heartbeat <= expired)
        }
    }

    fun pick(row: Schedule, nextRun: Instant, now: Instant): Schedule = row.copy(
        status = JobStatus.PICKED,
        nextRun = nextRun,
        updated = now,
        heartbeat = now,
        leaseEpoch = maxOf(row.leaseEpoch + 1, now.microsSince1970()),
    ).also(::put)

    /** Changes the schedule under [lease]. Returns false if that lease is gone. */
    fun change(lease: ScheduleLease, change: Schedule.() -> Schedule): Boolean {
        val row = rows.values.find {
            it.id == lease.scheduleId && it.leaseEpoch == lease.epoch && it.status == JobStatus.PICKED
        } ?: return false
        put(row.change())
        return true
    }

    fun remove(ids: Set<ScheduleId>): Set<ScheduleId> {
        val gone = rows.values.filter { it.id in ids }
        gone.forEach { rows -= Key(it.name, it.expression) }
        return gone.mapTo(linkedSetOf()) { it.id }
    }

    fun makeDue(ids: Set<ScheduleId>, now: Instant): Set<ScheduleId> {
        val waiting = rows.values.filter { it.id in ids && it.status == JobStatus.QUEUED && it.pausedSince == null }
        waiting.forEach { put(it.copy(nextRun = now, updated = now)) }
        return waiting.mapTo(linkedSetOf()) { it.id }
    }

    fun pause(ids: Set<ScheduleId>, now: Instant): Set<ScheduleId> {
        val there = rows.values.filter { it.id in ids }
        there.forEach { put(it.copy(pausedSince = it.pausedSince ?: now, nextRun = null).changed(now)) }
        return there.mapTo(linkedSetOf()) { it.id }
    }

    /** A schedule whose next time cannot be computed is due at once. */
    fun resume(ids: Set<ScheduleId>, now: Instant): Set<ScheduleId> {
        val paused = rows.values.filter { it.id in ids && it.pausedSince != null }
        paused.forEach { put(it.copy(pausedSince = null, nextRun = it.nextAfter(now) ?: now).changed(now)) }
        return paused.mapTo(linkedSetOf()) { it.id }
    }

    /** As in PostgreSQL, where `updated` is also a sign of life of a run. */
    private fun Schedule.changed(now: Instant) = if (status == JobStatus.PICKED) this else copy(updated = now)

    private fun put(row: Schedule) {
        rows[Key(row.name, row.expression)] = row
    }

    private val ScheduleTarget.key get() = Key(name, expression)
}

/**
 * How long until [row] may be claimable. Zero or negative if it can be claimed now, null while it is paused.
 *
 * A schedule that runs may be claimable at its next time, because the run has probably ended by then. If it has not, the
 * end of the run notifies the workers.
 */
internal fun untilDue(row: Schedule, leaseTimeout: Duration, now: Instant): Duration? {
    val next = (row.nextRun ?: return null) - now
    if (row.status == JobStatus.QUEUED) return next
    val expiry = row.heartbeat + leaseTimeout - now
    return if (next.isPositive()) minOf(next, expiry) else expiry
}

internal fun isDue(row: Schedule, leaseTimeout: Duration, now: Instant): Boolean =
    untilDue(row, leaseTimeout, now)?.isPositive() == false
