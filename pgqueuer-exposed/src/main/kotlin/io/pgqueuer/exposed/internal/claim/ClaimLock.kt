package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.ClaimRequest
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * The lock that lets claims of the same [entrypoints] run one after the other, in all processes: an advisory lock, held
 * until the transaction of the claim ends.
 *
 * Claims at the same time step over each other's locked rows. What one has taken since the other began, the other still
 * reads as queued, and locks until its end; so it delays the outcomes of jobs that run. Two processes together were
 * slower than one. A claim takes some milliseconds, and never waits for a client or for the disk.
 *
 * It is not needed for correctness. If another claim is stalled in the server, a claim waits only for a while, then runs
 * without the lock, and so do those of the next [LEFT_OUT]. It must not do so only because many wait before it: then all
 * would run at the same time, which takes the server twice the work.
 */
internal class ClaimLock(
    names: Names,
    entrypoints: List<String>,
) {
    /** What to select to wait for the lock, with [parameters]. If that takes too long, it fails with `55P03`. */
    val select: List<String> = listOf(
        "set_config('lock_timeout', ?, true)",
        // The hash of a list of strings is the same in every JVM.
        "pg_advisory_xact_lock('${names.queue}'::regclass::oid::int, ${entrypoints.sorted().hashCode()})",
    )

    /** The longest wait, which is a part of the time in which a worker expects the answer to [request]. */
    fun parameters(request: ClaimRequest): List<Any?> {
        val longest = (request.leaseTimeout / PARTS).coerceIn(SHORTEST, LONGEST)
        return listOf("${longest.inWholeMilliseconds}ms")
    }

    @Volatile
    private var failedAt: TimeSource.Monotonic.ValueTimeMark? = null

    /** Whether to try to get the lock. */
    val isUsed: Boolean get() = failedAt.let { it == null || it.elapsedNow() > LEFT_OUT }

    fun failed() {
        failedAt = TimeSource.Monotonic.markNow()
    }

    private companion object {
        const val PARTS = 10
        val SHORTEST = 500.milliseconds

        /** Enough for dozens of claims to take turns on a busy machine. Health checks expect an answer within 3 s. */
        val LONGEST = 2.seconds
        val LEFT_OUT = 10.seconds
    }
}
