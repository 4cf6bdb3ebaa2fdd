package io.pgqueuer.benchmarks.jmh

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Store
import io.pgqueuer.port.Waiting
import java.util.UUID
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Instant

/**
 * A store that keeps nothing: claims return the next of [count] jobs that were made in advance, and settles accept
 * everything. So a benchmark on it measures the engine alone. Everything except jobs comes from a store in memory.
 */
internal class IdleStore(
    count: Int,
    memory: Store = inMemoryBackend().store,
) : Store by memory {
    private val prepared = List(count) { claimed(it + 1L) }
    private val next = AtomicInteger()

    /** Makes the next claims return the same jobs again. */
    fun rewind() {
        next.set(0)
    }

    override val jobs: JobRepository = object : JobRepository by memory.jobs {
        override suspend fun claim(request: ClaimRequest): ClaimBatch {
            val from = next.get()
            val to = minOf(from + request.limit, prepared.size)
            next.set(to)
            val filled = to - from == request.limit
            return ClaimBatch(prepared.subList(from, to), if (filled) Waiting.Unknown else NOTHING_WAITS)
        }

        override suspend fun renew(leases: Collection<Lease>): Renewal = Renewal(leases.toSet())

        override suspend fun settle(settlements: List<Settlement>): Set<Lease> =
            settlements.mapTo(HashSet(settlements.size * 2)) { it.lease }
    }

    private fun claimed(id: Long): ClaimedJob {
        val job = StoredJob(
            id = JobId(id),
            entrypoint = ENTRYPOINT,
            status = JobStatus.PICKED,
            priority = 0,
            payload = PAYLOAD,
            headers = null,
            dedupeKey = null,
            attempts = 0,
            rescues = 0,
            created = NOW,
            updated = NOW,
            heartbeat = NOW,
            runAt = NOW,
            workerId = WORKER,
            leaseEpoch = 1,
        )
        return ClaimedJob(job, Lease(job.id, WORKER, epoch = 1))
    }

    companion object {
        const val ENTRYPOINT = "entrypoint"
        private val WORKER = WorkerId(UUID(0, 1))
        private val NOW = Instant.fromEpochSeconds(1_700_000_000)
        private val NOTHING_WAITS = Waiting.Seen(due = false, queued = false, nextDue = null)
    }
}
