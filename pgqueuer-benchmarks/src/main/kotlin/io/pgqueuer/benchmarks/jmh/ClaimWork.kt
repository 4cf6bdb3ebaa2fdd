package io.pgqueuer.benchmarks.jmh

import io.pgqueuer.PgQueuer
import io.pgqueuer.domain.NewJob
import io.pgqueuer.domain.Outcome
import io.pgqueuer.domain.Settlement
import io.pgqueuer.domain.WorkerId
import io.pgqueuer.memory.inMemory
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import kotlinx.coroutines.runBlocking
import java.util.UUID
import kotlin.time.Duration.Companion.seconds

/** A queue in memory that holds [queued] jobs, spread over [entrypoints], of which [batch] are claimed at a time. */
class ClaimWork(
    entrypoints: Int,
    private val queued: Int,
    private val batch: Int,
) {
    private val backend = PgQueuer.inMemory()
    private val jobs = List(queued) { NewJob("entrypoint_${it % entrypoints}", PAYLOAD) }
    private val request = ClaimRequest(
        WorkerId(UUID(0, 1)),
        List(entrypoints) { ClaimTarget("entrypoint_$it") },
        limit = batch,
        leaseTimeout = 30.seconds,
        maxRescues = 3,
    )

    /** Makes it as good as new, and fills it. */
    fun fill() = runBlocking {
        backend.clear()
        backend.queue.enqueueAll(jobs)
    }

    /** Adds as many jobs as one [claimAndSettle] takes. */
    fun refill() = runBlocking { backend.queue.enqueueAll(jobs.subList(0, batch)) }

    /** Leases a batch and writes that all of it ended well; returns how many. */
    fun claimAndSettle(): Int = runBlocking {
        val claimed = backend.jobs.claim(request).jobs
        backend.jobs.settle(claimed.map { Settlement(it.lease, Outcome.Succeeded) }).size
    }
}
