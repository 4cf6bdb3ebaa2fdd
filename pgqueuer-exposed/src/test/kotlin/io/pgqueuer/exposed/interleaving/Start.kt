package io.pgqueuer.exposed.interleaving

import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.Outcome
import kotlin.time.Duration

/** In which state the job of a case is when its operations begin. Worker 0 has held its lease in each. */
internal enum class StartState(
    val reach: suspend Preparation.() -> Unit,
) {
    QUEUED({ settle(Outcome.Released) }),
    PICKED({ }),
    EXPIRED({ expire() }),

    /** The next claim holds the job, because its lease has expired too often. */
    EXPIRED_TOO_OFTEN({
        expire()
        claim()
        expire()
    }),
    CANCELED({ cancel() }),
    CANCELED_AND_EXPIRED({
        cancel()
        expire()
    }),
    HELD({
        retry()
        claim()
        settle(Outcome.Held(stage().failure))
    }),
    TAKEN_OVER({
        expire()
        claim(by = 9)
    }),
}

/**
 * Where a case begins.
 *
 * @property isLimited whether the entrypoint may run one job at a time, and a second job waits.
 */
internal data class Start(
    val state: StartState,
    val isLimited: Boolean,
) {
    suspend fun prepare(backend: StoreBackend, advance: suspend (Duration) -> Unit): Preparation =
        Preparation(backend, isLimited, advance).also {
            it.enqueue(keyed())
            it.claim()
            state.reach(it)
            if (isLimited) it.enqueue(NewJob("e"))
        }

    override fun toString() = "a job that is $state" + if (isLimited) ", beside a queued one under a limit of 1" else ""
}

/** Brings jobs into a start state, step by step. */
internal class Preparation(
    private val backend: StoreBackend,
    private val isLimited: Boolean,
    private val advance: suspend (Duration) -> Unit,
) {
    val ids = mutableListOf<JobId>()
    val leases = mutableListOf<Lease>()

    /** What operations on the prepared jobs work on, in the same store or in another one on the same database. */
    fun stage(backend: StoreBackend = this.backend) =
        Stage(backend, ids.first(), leases.last { it.workerId == worker(0) }, isLimited)

    suspend fun enqueue(job: NewJob) {
        ids += backend.store.jobs.enqueue(listOf(job)).filterNotNull()
    }

    suspend fun claim(by: Int = 0) {
        leases += backend.store.jobs.claim(claimOf(worker(by), isLimited)).jobs.single().lease
    }

    suspend fun settle(outcome: Outcome) {
        check(stage().settle(outcome).size == 1)
    }

    suspend fun retry() = settle(Outcome.Retried(Duration.ZERO, stage().failure))

    suspend fun cancel() {
        check(backend.store.jobs.cancel(ids).size == 1)
    }

    suspend fun expire() = advance(LEASE * 2)
}
