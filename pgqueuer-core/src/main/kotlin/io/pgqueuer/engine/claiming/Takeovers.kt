package io.pgqueuer.engine.claiming

import io.pgqueuer.port.Waiting
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Decides which claims take over expired leases. To look for them takes about a tenth of a claim's time, so those that
 * follow soon after another one do not look.
 *
 * @param leaseTimeout the delay of a takeover is short, compared with it.
 */
internal class Takeovers(
    leaseTimeout: Duration,
    private val time: TimeSource,
) {
    private val interval = minOf(LONGEST, leaseTimeout / PER_LEASE)
    private var lastLook: TimeMark? = null

    /** Whether an expired lease may be all that the last claim left. */
    private var isExpected = false

    /** Whether the next claim is to look for expired leases. */
    val isNext: Boolean get() = isExpected || lastLook.let { it == null || it.elapsedNow() >= interval }

    /** A claim has looked. */
    fun looked() {
        lastLook = time.markNow()
    }

    /** Claims have left what is [waiting]. */
    fun left(waiting: Waiting) {
        isExpected = waiting is Waiting.Seen && waiting.due && !waiting.queued
    }

    private companion object {
        val LONGEST = 1.seconds
        const val PER_LEASE = 30
    }
}
