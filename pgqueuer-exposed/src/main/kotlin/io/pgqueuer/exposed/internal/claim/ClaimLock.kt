package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.exposed.internal.schema.Names
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
 * It is not needed for correctness. A claim that does not get the lock within [PATIENCE], because another is stalled in
 * the server, runs without it, and so do those of the next [LEFT_OUT].
 */
internal class ClaimLock(
    names: Names,
    entrypoints: List<String>,
) {
    /** What to select to wait for the lock. After [PATIENCE], the statement fails with `55P03`. */
    val select: List<String> = listOf(
        "set_config('lock_timeout', '$PATIENCE', true)",
        // The hash of a list of strings is the same in every JVM.
        "pg_advisory_xact_lock('${names.queue}'::regclass::oid::int, ${entrypoints.sorted().hashCode()})",
    )

    @Volatile
    private var failedAt: TimeSource.Monotonic.ValueTimeMark? = null

    /** Whether to try to get the lock. */
    val isUsed: Boolean get() = failedAt.let { it == null || it.elapsedNow() > LEFT_OUT }

    fun failed() {
        failedAt = TimeSource.Monotonic.markNow()
    }

    private companion object {
        /** Enough for dozens of claims to take turns. */
        const val PATIENCE = "500ms"
        val LEFT_OUT = 10.seconds
    }
}
