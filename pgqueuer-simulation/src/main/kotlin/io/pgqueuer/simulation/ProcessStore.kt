package io.pgqueuer.simulation

import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.Pause
import io.pgqueuer.PauseOptions
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.EngineRuntime
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Maintenance
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.PauseRepository
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
import io.pgqueuer.port.WithoutTransactions
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.CoroutineContext
import kotlin.random.Random
import kotlin.reflect.KClass
import kotlin.reflect.safeCast
import kotlin.time.Duration
import kotlin.time.TimeSource

/** The store as [process] sees it: through [faults]. What takes effect is told to the [checker] in the same step. */
internal class ProcessStore(
    private val real: Store,
    private val process: Process,
    private val time: TimeSource,
    private val faults: Faults,
    private val checker: Checker,
    private val random: Random,
) : Store by real {
    override val jobs: JobRepository = object : JobRepository by real.jobs {
        override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> =
            faults.call { real.jobs.enqueue(jobs, onConflict) }

        override suspend fun requireStorable(entrypoints: Collection<String>) =
            faults.call { real.jobs.requireStorable(entrypoints) }

        override suspend fun claim(request: ClaimRequest): ClaimBatch = faults.call {
            real.jobs.claim(request).also {
                checker.settled(process, request.ended, it.settled)
                checker.claimed(process, it)
            }
        }

        override suspend fun waiting(request: ClaimRequest): Waiting.Seen = faults.call { real.jobs.waiting(request) }

        override suspend fun renew(leases: Collection<Lease>): Renewal =
            faults.call { real.jobs.renew(leases).also { checker.renewed(process, it) } }

        override suspend fun settle(settlements: List<Settlement>): Set<Lease> =
            faults.call { real.jobs.settle(settlements).also { checker.settled(process, settlements, it) } }

        override suspend fun cancel(ids: Collection<JobId>): Set<JobId> =
            faults.call { real.jobs.cancel(ids).also { checker.canceled(process, it) } }

        override suspend fun requeue(ids: Collection<JobId>): Set<JobId> = faults.call { real.jobs.requeue(ids) }
    }

    override val pauses: PauseRepository = object : PauseRepository {
        override suspend fun pause(entrypoint: String?, options: PauseOptions): Pause =
            faults.call { real.pauses.pause(entrypoint, options).also { checker.paused(process, it) } }

        override suspend fun resume(entrypoint: String?): Boolean =
            faults.call { real.pauses.resume(entrypoint).also { checker.resumed(process, entrypoint) } }
    }

    override val schedules: ScheduleRepository = object : ScheduleRepository by real.schedules {
        override suspend fun register(targets: List<ScheduleTarget>, leaseTimeout: Duration) =
            faults.call { real.schedules.register(targets, leaseTimeout) }

        override suspend fun claim(targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch =
            faults.call { real.schedules.claim(targets, leaseTimeout) }

        override suspend fun renew(lease: ScheduleLease): Boolean = faults.call { real.schedules.renew(lease) }

        override suspend fun complete(lease: ScheduleLease): Boolean = faults.call { real.schedules.complete(lease) }

        override suspend fun release(lease: ScheduleLease): Boolean = faults.call { real.schedules.release(lease) }
    }

    override val notifications: Notifications = object : Notifications {
        override fun listen(): Flow<Signal> = flow {
            while (true) {
                withTimeoutOrNull(faults.listensFor()) {
                    real.notifications.listen().collect { signal ->
                        val arrivals = if (signal is Signal.Received) faults.arrivals() else 1
                        repeat(arrivals) {
                            faults.pass()
                            emit(signal)
                        }
                    }
                }
                emit(Signal.Interrupted(faults.unavailable("a listener lost its connection")))
                delay(random.nextLong(Faults.RECONNECTS_WITHIN.inWholeMilliseconds))
            }
        }

        override suspend fun publish(event: QueueEvent) = faults.call { real.notifications.publish(event) }
    }

    override val maintenance: Maintenance = object : Maintenance by real.maintenance {
        override suspend fun aggregate(limit: Int): Int? = faults.call { real.maintenance.aggregate(limit) }
    }

    override fun runtime(caller: CoroutineContext): EngineRuntime = EngineRuntime.inCaller(process.clock, random, time)

    private val ofHandlers: WithoutTransactions = checkNotNull(real.capability(WithoutTransactions::class)).let {
        object : WithoutTransactions by it {
            private val completed = HashSet<Lease>()

            override fun complete(lease: Lease): Boolean = faults.callNow {
                it.complete(lease).also { isCompleted ->
                    if (isCompleted && completed.add(lease)) checker.completed(process, lease)
                }
            }
        }
    }

    override fun <T : Any> capability(type: KClass<T>): T? = type.safeCast(ofHandlers)

    override fun close() {}
}
