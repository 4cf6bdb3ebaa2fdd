package io.pgqueuer.simulation

import io.pgqueuer.EntrypointOptions
import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Store
import kotlin.time.Duration.Companion.seconds

/** Classic mistakes of a job queue, made on purpose. */
internal enum class Mistake(
    private val wrong: (JobRepository) -> JobRepository,
) {
    SETTLE_WITHOUT_FENCE({ real ->
        object : Leases(real) {
            override suspend fun settle(settlements: List<Settlement>): Set<Lease> {
                val written = real.settle(settlements.map { it.copy(lease = newest(it.lease)) })
                return settlements.map { it.lease }.filterTo(linkedSetOf()) { newest(it) in written }
            }
        }
    }),

    RENEW_BY_ID_ALONE({ real ->
        object : Leases(real) {
            override suspend fun renew(leases: Collection<Lease>): Renewal {
                val held = real.renew(leases.map(::newest)).held
                return Renewal(leases.filterTo(linkedSetOf()) { newest(it) in held })
            }
        }
    }),

    DROPPED_OUTCOME({ real ->
        object : JobRepository by real {
            private var calls = 0

            override suspend fun settle(settlements: List<Settlement>): Set<Lease> =
                if (++calls % 50 == 0) settlements.mapTo(linkedSetOf()) { it.lease } else real.settle(settlements)
        }
    }),

    LIMIT_WITHOUT_THOSE_THAT_RUN({ real ->
        object : JobRepository by real {
            override suspend fun claim(request: ClaimRequest): ClaimBatch {
                val higher = request.targets.map { (name, options) ->
                    ClaimTarget(name, EntrypointOptions { concurrencyLimit = options.concurrencyLimit?.plus(1) })
                }
                return real.claim(request.copy(targets = higher))
            }
        }
    }),

    TAKEOVER_OF_LIVE_LEASES({ real ->
        object : JobRepository by real {
            override suspend fun claim(request: ClaimRequest): ClaimBatch =
                real.claim(request.copy(leaseTimeout = 1.seconds))
        }
    }),

    NO_TAKEOVER({ real ->
        object : JobRepository by real {
            override suspend fun claim(request: ClaimRequest): ClaimBatch = real.claim(request.copy(takeOver = false))
        }
    }),

    WRONG_ORDER({ real ->
        object : JobRepository by real {
            override suspend fun claim(request: ClaimRequest): ClaimBatch =
                real.claim(request).let { ClaimBatch(it.jobs.reversed(), it.waiting, it.held) }
        }
    }),

    SUCCESS_BEFORE_THE_HANDLER({ real ->
        object : JobRepository by real {
            override suspend fun claim(request: ClaimRequest): ClaimBatch = real.claim(request).also { batch ->
                real.settle(batch.jobs.map { Settlement(it.lease, Outcome.Succeeded) })
            }
        }
    }),
    ;

    fun on(store: Store): Store = object : Store by store {
        override val jobs: JobRepository = wrong(store.jobs)
    }

    /** Remembers the newest lease of each job. */
    private abstract class Leases(
        private val real: JobRepository,
    ) : JobRepository by real {
        private val newest = HashMap<JobId, Lease>()

        override suspend fun claim(request: ClaimRequest): ClaimBatch = real.claim(request).also { batch ->
            batch.jobs.forEach { newest[it.job.id] = it.lease }
        }

        protected fun newest(lease: Lease): Lease = newest[lease.jobId] ?: lease
    }
}
