package io.pgqueuer.cli.torture.fault

import io.pgqueuer.cli.torture.record.FaultKind
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Decides by [seed] which faults happen in a torture of this [duration]. They come in rounds, so that each kind happens
 * at least once. The pauses between them are shorter than most faults, so that faults overlap.
 */
internal fun planFaults(seed: Long, duration: Duration, leaseTimeout: Duration): List<PlannedFault> {
    val random = Random(seed)
    val kinds = FaultKind.entries
    // A short torture has time for one round only.
    val longest = minOf(LONGEST_PAUSE, (duration - QUIET) / kinds.size)
    val plan = mutableListOf<PlannedFault>()
    var at = Duration.ZERO
    while (true) {
        for (kind in kinds.shuffled(random)) {
            at += longest * random.nextDouble(0.3, 1.0)
            if (at > duration - QUIET) return plan
            plan += PlannedFault(at, kind, lasts(kind, random, leaseTimeout), choice = random.nextInt(Int.MAX_VALUE))
        }
    }
}

private fun lasts(kind: FaultKind, random: Random, leaseTimeout: Duration): Duration = when (kind) {
    // Always longer than a lease: that is what is to be seen.
    FaultKind.STOP -> leaseTimeout + random.upTo(3.seconds)

    // Mostly short, so that leases survive, and sometimes not.
    FaultKind.CRASH -> random.upTo(1.seconds) + if (random.nextInt(4) == 0) leaseTimeout else Duration.ZERO

    FaultKind.KILL -> if (random.nextBoolean()) Duration.ZERO else random.upTo(leaseTimeout * 2)

    FaultKind.SILENCE -> 2.seconds + random.upTo(4.seconds)

    FaultKind.SHUTDOWN, FaultKind.CUT_LISTENER, FaultKind.CUT_CONNECTIONS -> Duration.ZERO
}

private fun Random.upTo(most: Duration) = nextLong(most.inWholeMilliseconds).milliseconds

private val LONGEST_PAUSE = 4.seconds

/** The time at the end in which no fault begins. */
private val QUIET = 2.seconds
