package io.pgqueuer.memory

import io.pgqueuer.JobStatus
import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.port.ClaimedSchedule
import io.pgqueuer.port.ScheduleBatch
import io.pgqueuer.port.ScheduleLease
import io.pgqueuer.port.ScheduleRepository
import io.pgqueuer.port.ScheduleTarget
import kotlin.time.Duration
import kotlin.time.Instant

internal class MemorySchedules(private val store: MemoryDatabase) : ScheduleRepository {
    override suspend fun register(targets: List<ScheduleTarget>, leaseTimeout: Duration) = store.transaction {
        targets.forEach { schedules.register(it, now) }
        schedules.clean(targets, expired = now - leaseTimeout)
    }

    override suspend fun claim(targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch =
        store.transaction {
            val runs = targets.mapNotNull { target ->
                schedules[target]?.takeIf { isDue(it, leaseTimeout, now) }?.let { pick(it, target) }
            }
            val stored = targets.mapNotNull { schedules[it] }
            val nextDue = stored.mapNotNull { untilDue(it, leaseTimeout, now) }.minOrNull()
            ScheduleBatch(runs, nextDue)
        }

    override suspend fun renew(lease: ScheduleLease): Boolean = store.transaction {
        schedules.change(lease) { copy(heartbeat = now) }
    }

    override suspend fun complete(lease: ScheduleLease): Boolean = store.transaction {
        var isDue = false
        schedules.change(lease) {
            isDue = nextRun.let { it != null && it <= now }
            waiting(now).copy(lastRun = now)
        }.also { if (isDue) schedulesChanged() }
    }

    override suspend fun release(lease: ScheduleLease): Boolean = store.transaction {
        schedules.change(lease) { waiting(now).copy(nextRun = now.takeIf { pausedSince == null }) }
            .also { if (it) schedulesChanged() }
    }

    override suspend fun list(): List<Schedule> = store.transaction { schedules.all }

    override suspend fun remove(ids: Collection<ScheduleId>): Set<ScheduleId> = store.transaction {
        schedules.remove(ids.toSet())
    }

    override suspend fun runNow(ids: Collection<ScheduleId>): Set<ScheduleId> = store.transaction {
        schedules.makeDue(ids.toSet(), now).also { if (it.isNotEmpty()) schedulesChanged() }
    }

    override suspend fun pause(ids: Collection<ScheduleId>): Set<ScheduleId> = store.transaction {
        schedules.pause(ids.toSet(), now)
    }

    override suspend fun resume(ids: Collection<ScheduleId>): Set<ScheduleId> = store.transaction {
        schedules.resume(ids.toSet(), now).also { if (it.isNotEmpty()) schedulesChanged() }
    }

    private fun Transaction.pick(row: Schedule, target: ScheduleTarget): ClaimedSchedule {
        val picked = schedules.pick(row, target.nextAfter(now, row.zone), now)
        val dueAt = row.nextRun?.takeIf { row.status == JobStatus.QUEUED } ?: now
        return ClaimedSchedule(picked, ScheduleLease(picked.id, picked.leaseEpoch), dueAt)
    }

    private fun Schedule.waiting(now: Instant) = copy(status = JobStatus.QUEUED, updated = now)
}
