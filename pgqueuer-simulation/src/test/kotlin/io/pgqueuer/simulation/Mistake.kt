package io.pgqueuer.simulation

import io.pgqueuer.EntrypointOptions
import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.Pause
import io.pgqueuer.PauseOptions
import io.pgqueuer.ScheduleId
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.PauseRepository
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.ScheduleBatch
import io.pgqueuer.port.ScheduleRepository
import io.pgqueuer.port.ScheduleTarget
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Signal
import io.pgqueuer.port.Store
import io.pgqueuer.port.Waiting
import io.pgqueuer.port.WithoutTransactions
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.filter
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.reflect.KClass
import kotlin.reflect.safeCast
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Classic mistakes of a job queue, made on purpose. */
internal enum class Mistake(
    private val wrong: (Store) -> Store,
) {
    SETTLE_WITHOUT_FENCE(
        jobs { real ->
            object : Leases(real) {
                override suspend fun settle(settlements: List<Settlement>): Set<Lease> {
                    val written = real.settle(settlements.map { it.copy(lease = newest(it.lease)) })
                    return settlements.map { it.lease }.filterTo(linkedSetOf()) { newest(it) in written }
                }
            }
        },
    ),

    RENEW_BY_ID_ALONE(
        jobs { real ->
            object : Leases(real) {
                override suspend fun renew(leases: Collection<Lease>): Renewal {
                    val renewal = real.renew(leases.map(::newest))
                    fun those(newest: Set<Lease>) = leases.filterTo(linkedSetOf()) { newest(it) in newest }
                    return Renewal(those(renewal.held), those(renewal.canceled))
                }
            }
        },
    ),

    /** So the leases expire while their worker believes that it has renewed them, in time or after a pause. */
    RENEWAL_THAT_IS_NOT_WRITTEN(
        jobs { real ->
            object : JobRepository by real {
                private var calls = 0

                override suspend fun renew(leases: Collection<Lease>): Renewal =
                    if (++calls % 10 < 5) Renewal(leases.toSet()) else real.renew(leases)
            }
        },
    ),

    COMPLETION_WITHOUT_FENCE({ store ->
        val leases = Leases(store.jobs)
        val real = store.capability(WithoutTransactions::class)!!
        val wrong = object : WithoutTransactions by real {
            override fun complete(lease: Lease): Boolean = real.complete(leases.newest(lease))
        }
        object : Store by store {
            override val jobs: JobRepository = leases

            override fun <T : Any> capability(type: KClass<T>): T? = type.safeCast(wrong)
        }
    }),

    DROPPED_OUTCOME(
        jobs { real ->
            object : JobRepository by real {
                private var calls = 0

                override suspend fun settle(settlements: List<Settlement>): Set<Lease> =
                    if (++calls % 50 == 0) settlements.mapTo(linkedSetOf()) { it.lease } else real.settle(settlements)
            }
        },
    ),

    LIMIT_WITHOUT_THOSE_THAT_RUN(
        jobs { real ->
            object : JobRepository by real {
                override suspend fun claim(request: ClaimRequest): ClaimBatch {
                    val higher = request.targets.map { (name, options) ->
                        ClaimTarget(name, EntrypointOptions { concurrencyLimit = options.concurrencyLimit?.plus(1) })
                    }
                    return real.claim(request.copy(targets = higher))
                }
            }
        },
    ),

    TAKEOVER_OF_LIVE_LEASES(
        jobs { real ->
            object : JobRepository by real {
                override suspend fun claim(request: ClaimRequest): ClaimBatch =
                    real.claim(request.copy(leaseTimeout = 1.seconds))
            }
        },
    ),

    NO_TAKEOVER(
        jobs { real ->
            object : JobRepository by real {
                override suspend fun claim(request: ClaimRequest): ClaimBatch {
                    return real.claim(request.copy(takeOver = false))
                }
            }
        },
    ),

    WRONG_ORDER(
        jobs { real ->
            object : JobRepository by real {
                override suspend fun claim(request: ClaimRequest): ClaimBatch =
                    real.claim(request).let { ClaimBatch(it.jobs.reversed(), it.waiting, it.held, it.settled) }
            }
        },
    ),

    SUCCESS_BEFORE_THE_HANDLER(
        jobs { real ->
            object : JobRepository by real {
                override suspend fun claim(request: ClaimRequest): ClaimBatch = real.claim(request).also { batch ->
                    real.settle(batch.jobs.map { Settlement(it.lease, Outcome.Succeeded) })
                }
            }
        },
    ),

    RELEASE_WITHOUT_FENCE(
        jobs { real ->
            object : Leases(real) {
                override suspend fun settle(settlements: List<Settlement>): Set<Lease> {
                    val (released, others) = settlements.partition { it.outcome == Outcome.Released }
                    val freed = real.settle(released.map { it.copy(lease = newest(it.lease)) })
                    return real.settle(others) + released.map { it.lease }.filter { newest(it) in freed }
                }
            }
        },
    ),

    SLOT_KEPT_ON_RETRY(
        jobs { real ->
            object : JobRepository by real {
                private val entrypoints = HashMap<JobId, String>()
                private val kept = HashMap<String, Int>()

                override suspend fun claim(request: ClaimRequest): ClaimBatch {
                    val lower = request.targets.mapNotNull { target ->
                        val limit = target.options.concurrencyLimit ?: return@mapNotNull target
                        val left = limit - (kept[target.entrypoint] ?: 0)
                        val options = EntrypointOptions { concurrencyLimit = left.coerceAtLeast(1) }
                        if (left > 0) ClaimTarget(target.entrypoint, options) else null
                    }
                    return real.claim(request.copy(targets = lower)).also { batch ->
                        keep(request.ended)
                        batch.jobs.forEach { entrypoints[it.job.id] = it.job.entrypoint }
                    }
                }

                override suspend fun settle(settlements: List<Settlement>): Set<Lease> =
                    real.settle(settlements).also { keep(settlements) }

                private fun keep(settlements: List<Settlement>) = settlements.filter { it.outcome is Outcome.Retried }
                    .forEach { entrypoints[it.lease.jobId]?.let { of -> kept.merge(of, 1, Int::plus) } }
            }
        },
    ),

    CANCEL_IGNORED({ store ->
        object : Store by store {
            override val notifications = Heard(store.notifications) { it !is QueueEvent.JobsCanceled }
            override val jobs = object : JobRepository by store.jobs {
                override suspend fun renew(leases: Collection<Lease>): Renewal = Renewal(store.jobs.renew(leases).held)
            }
        }
    }),

    NO_LOOK_AFTER_A_RECONNECT({ store ->
        object : Store by store {
            override val notifications = Heard(store.notifications, ofListening = false) { true }
        }
    }),

    /** A job that is enqueued after a claim has looked, and before it has answered. */
    WAKE_UP_LOST_DURING_A_CLAIM({ store ->
        val clock = store.runtime(EmptyCoroutineContext).clock
        var lastClaim = clock.now()
        object : Store by store {
            override val notifications = Heard(store.notifications) { clock.now() - lastClaim > 4.milliseconds }
            override val jobs = object : JobRepository by store.jobs {
                override suspend fun claim(request: ClaimRequest): ClaimBatch =
                    store.jobs.claim(request).also { lastClaim = clock.now() }
            }
        }
    }),

    /** The pause is stored for another entrypoint. */
    CLAIM_OF_WHAT_IS_PAUSED(
        pauses { real ->
            object : PauseRepository by real {
                override suspend fun pause(entrypoint: String?, options: PauseOptions): Pause =
                    real.pause("another", options).copy(entrypoint = entrypoint)
            }
        },
    ),

    RESUME_WITHOUT_A_WAKE_UP({ store ->
        object : Store by store {
            override val notifications = Heard(store.notifications) { it !is QueueEvent.PausesChanged }
        }
    }),

    /** Nobody looks again when a pause ends by itself. */
    END_OF_A_PAUSE_IS_NOT_AWAITED({ store ->
        object : Store by store {
            override val jobs = object : JobRepository by store.jobs {
                override suspend fun claim(request: ClaimRequest): ClaimBatch = store.jobs.claim(request).let { batch ->
                    val seen = batch.waiting as? Waiting.Seen
                    val isPaused = store.insights.pauses().isNotEmpty()
                    if (seen == null || !isPaused) {
                        batch
                    } else {
                        ClaimBatch(batch.jobs, seen.copy(nextDue = null), batch.held, batch.settled)
                    }
                }
            }
        }
    }),

    SCHEDULE_SLEEPS_A_LEASE_TOO_LONG(
        schedules { real ->
            object : ScheduleRepository by real {
                override suspend fun claim(targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch =
                    real.claim(targets, leaseTimeout).let { ScheduleBatch(it.runs, it.nextDue?.plus(leaseTimeout)) }
            }
        },
    ),

    RUN_OF_A_PAUSED_SCHEDULE(
        schedules { real ->
            object : ScheduleRepository by real {
                override suspend fun pause(ids: Collection<ScheduleId>): Set<ScheduleId> = ids.toSet()
            }
        },
    ),

    TAKEOVER_OF_LIVE_SCHEDULES(
        schedules { real ->
            object : ScheduleRepository by real {
                override suspend fun claim(targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch =
                    real.claim(targets, 1.seconds)
            }
        },
    ),
    ;

    fun on(store: Store): Store = wrong(store)
}

private fun jobs(wrong: (JobRepository) -> JobRepository): (Store) -> Store = { store ->
    object : Store by store {
        override val jobs: JobRepository = wrong(store.jobs)
    }
}

private fun pauses(wrong: (PauseRepository) -> PauseRepository): (Store) -> Store = { store ->
    object : Store by store {
        override val pauses: PauseRepository = wrong(store.pauses)
    }
}

private fun schedules(wrong: (ScheduleRepository) -> ScheduleRepository): (Store) -> Store = { store ->
    object : Store by store {
        override val schedules: ScheduleRepository = wrong(store.schedules)
    }
}

/** Notifications of which only some are heard. */
private class Heard(
    private val real: Notifications,
    private val ofListening: Boolean = true,
    private val hears: (QueueEvent) -> Boolean,
) : Notifications by real {
    override fun listen(): Flow<Signal> = real.listen().filter {
        when (it) {
            is Signal.Received -> hears(it.event)
            is Signal.Listening -> ofListening
            is Signal.Interrupted -> true
        }
    }
}

/** Remembers the newest lease of each job. */
private open class Leases(
    private val real: JobRepository,
) : JobRepository by real {
    private val newest = HashMap<JobId, Lease>()

    override suspend fun claim(request: ClaimRequest): ClaimBatch = real.claim(request).also { batch ->
        batch.jobs.forEach { newest[it.job.id] = it.lease }
    }

    fun newest(lease: Lease): Lease = newest[lease.jobId] ?: lease
}
