package io.pgqueuer.engine

import io.pgqueuer.Insights
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Maintenance
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.ScheduleBatch
import io.pgqueuer.port.ScheduleLease
import io.pgqueuer.port.ScheduleRepository
import io.pgqueuer.port.ScheduleTarget
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Signal
import io.pgqueuer.port.Store
import io.pgqueuer.port.Waiting
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlin.time.Duration

/** A backend on the store of [real], as one worker sees it through [faults]. */
internal class FaultyBackend private constructor(
    val faults: FaultyStore,
) : StoreBackend(faults) {
    constructor(real: StoreBackend) : this(FaultyStore(real.store))
}

/** A [real] store with faults: what a test sets here runs before or after the operation. */
internal class FaultyStore(
    private val real: Store,
) : Store by real {
    var beforeStart: suspend () -> Unit = {}
    var beforeClaim: suspend (ClaimRequest) -> Unit = {}
    var afterClaim: suspend (ClaimBatch) -> Unit = {}
    var beforeWaiting: suspend () -> Unit = {}
    var beforeRenew: suspend () -> Unit = {}
    var beforeSettle: suspend (List<Settlement>) -> Unit = {}
    var afterSettle: suspend () -> Unit = {}
    var beforeSchedule: suspend (ScheduleStep) -> Unit = {}
    var afterSchedule: suspend (ScheduleStep) -> Unit = {}
    var beforeLook: suspend () -> Unit = {}
    var beforeAggregate: suspend () -> Unit = {}
    var duringVacuum: suspend () -> Boolean = { real.maintenance.vacuum() }
    var beforeListen: suspend () -> Unit = {}
    var beforePublish: suspend () -> Unit = {}

    /** Whether the listener never gets to listen. */
    var deaf = false

    /** Whether the listener says that it listens, and then hears nothing. */
    var muted = false
    var claims = 0
        private set
    var looks = 0
        private set
    var aggregations = 0
        private set
    var prunings = 0
        private set
    var vacuums = 0
        private set
    val scheduleSteps = mutableListOf<ScheduleStep>()

    enum class ScheduleStep { CLAIM, RENEW, COMPLETE, RELEASE }

    override val jobs: JobRepository = object : JobRepository by real.jobs {
        override suspend fun requireStorable(entrypoints: Collection<String>) {
            beforeStart()
            real.jobs.requireStorable(entrypoints)
        }

        override suspend fun claim(request: ClaimRequest): ClaimBatch {
            claims++
            beforeClaim(request)
            return real.jobs.claim(request).also { afterClaim(it) }
        }

        override suspend fun waiting(request: ClaimRequest): Waiting.Seen {
            beforeWaiting()
            return real.jobs.waiting(request)
        }

        override suspend fun renew(leases: Collection<Lease>): Renewal {
            beforeRenew()
            return real.jobs.renew(leases)
        }

        override suspend fun settle(settlements: List<Settlement>): Set<Lease> {
            beforeSettle(settlements)
            return real.jobs.settle(settlements).also { afterSettle() }
        }
    }

    override val notifications: Notifications = object : Notifications by real.notifications {
        override fun listen(): Flow<Signal> = when {
            deaf -> flow { awaitCancellation() }

            muted -> flow {
                emit(Signal.Listening)
                awaitCancellation()
            }

            else -> flow {
                beforeListen()
                emitAll(real.notifications.listen())
            }
        }

        override suspend fun publish(event: QueueEvent) {
            beforePublish()
            real.notifications.publish(event)
        }
    }

    override val schedules: ScheduleRepository = object : ScheduleRepository by real.schedules {
        override suspend fun claim(targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch =
            step(ScheduleStep.CLAIM) { real.schedules.claim(targets, leaseTimeout) }

        override suspend fun renew(lease: ScheduleLease): Boolean =
            step(ScheduleStep.RENEW) { real.schedules.renew(lease) }

        override suspend fun complete(lease: ScheduleLease): Boolean =
            step(ScheduleStep.COMPLETE) { real.schedules.complete(lease) }

        override suspend fun release(lease: ScheduleLease): Boolean =
            step(ScheduleStep.RELEASE) { real.schedules.release(lease) }

        private suspend fun <T> step(step: ScheduleStep, block: suspend () -> T): T {
            scheduleSteps += step
            beforeSchedule(step)
            return block().also { afterSchedule(step) }
        }
    }

    override val insights: Insights = object : Insights by real.insights {
        override suspend fun lastStatuses(ids: Collection<JobId>): Map<JobId, JobStatus> {
            looks++
            beforeLook()
            return real.insights.lastStatuses(ids)
        }
    }

    override val maintenance: Maintenance = object : Maintenance {
        override suspend fun aggregate(limit: Int): Int? {
            aggregations++
            beforeAggregate()
            return real.maintenance.aggregate(limit)
        }

        override suspend fun prune(retention: Duration, after: Long, limit: Int) =
            real.maintenance.prune(retention, after, limit).also { prunings++ }

        override suspend fun vacuum(): Boolean {
            vacuums++
            return duringVacuum()
        }
    }
}
