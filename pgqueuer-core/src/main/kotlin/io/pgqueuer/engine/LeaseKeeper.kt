package io.pgqueuer.engine

import io.pgqueuer.domain.Lease
import io.pgqueuer.port.JobRepository
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.delay
import org.slf4j.LoggerFactory
import kotlin.time.Duration

/**
 * Renews the leases of all jobs that this worker holds, in one statement, and stops the handlers of those that are
 * lost. Costs nothing while nothing is held.
 */
internal class LeaseKeeper(
    private val jobs: JobRepository,
    private val registry: LeaseRegistry,
    private val backoff: Backoff,
    heartbeatTimeout: Duration,
) {
    // A third, so that a failed renewal can be tried again before the lease expires.
    private val interval = heartbeatTimeout / 3

    suspend fun run() {
        while (true) {
            registry.awaitHeld()
            delay(interval)
            renewAll()
        }
    }

    private suspend fun renewAll() {
        while (true) {
            val held = registry.all().filterNot(RunningJob::leaseGone)
            try {
                held.chunked(MAX_LEASES_PER_STATEMENT).forEach { renew(it) }
                backoff.reset()
                return
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                val wait = backoff.next(e).coerceAtMost(interval)
                log.warn("cannot renew {} leases, next try in {}: {}", held.size, wait, e.toString())
                delay(wait)
            }
        }
    }

    private suspend fun renew(held: List<RunningJob>) {
        val renewed: Set<Lease> = jobs.renew(held.map(RunningJob::lease))
        if (renewed.size == held.size) return
        for (running in held) {
            // One whose outcome was written meanwhile has ended, then this stops nothing; or its handler wrote it.
            if (running.lease !in renewed && !running.completing) running.stop(StopReason.LeaseLost(running))
        }
    }

    private companion object {
        const val MAX_LEASES_PER_STATEMENT = 10_000
        val log = LoggerFactory.getLogger(LeaseKeeper::class.java)
    }
}
