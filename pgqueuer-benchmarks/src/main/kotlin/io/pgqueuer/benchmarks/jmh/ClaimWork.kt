package io.pgqueuer.benchmarks.jmh

import io.pgqueuer.NewJob
import io.pgqueuer.WorkerId
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlinx.coroutines.runBlocking
import java.util.UUID
import kotlin.time.Duration.Companion.seconds

/** A queue in memory that holds [queued] jobs of [entrypoints] entrypoints, of which [batch] are claimed at a time. */
class ClaimWork(
    entrypoints: Int,
    private val queued: Int,
    private val batch: Int,
) {
    private val backend = inMemoryBackend()
    private val jobs = List(queued) { NewJob("entrypoint_${it % entrypoints}", PAYLOAD) }
    private val request = ClaimRequest(
        WorkerId(UUID(0, 1)),
        List(entrypoints) { ClaimTarget("entrypoint_$it") },
        limit = batch,
        leaseTimeout = 30.seconds,
        maxRescues = 3,
    )

    /** Resets the queue, and fills it. */
    fun fill() = runBlocking {
        backend.reset()
        backend.queue.enqueueAll(jobs)
    }

    /** Enqueues as many jobs as one [claimAndSettle] takes. */
    fun refill() = runBlocking { backend.queue.enqueueAll(jobs.subList(0, batch)) }

    /** Claims a batch, writes that its jobs succeeded, and returns how many. */
    fun claimAndSettle(): Int = runBlocking {
        val claimed = backend.store.jobs.claim(request).jobs
        backend.store.jobs.settle(claimed.map { Settlement(it.lease, Outcome.Succeeded) }).size
    }
}
