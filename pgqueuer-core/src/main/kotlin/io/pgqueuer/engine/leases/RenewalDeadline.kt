package io.pgqueuer.engine.leases

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark

/**
 * When leases are renewed, and how long a handler may run on if that fails.
 *
 * Such a handler is stopped a little before its lease expires, so that it has ended when another worker takes its job
 * over. All times are measured by this worker's own clock, from the moment at which it sent its last renewal.
 */
internal class RenewalDeadline(
    leaseTimeout: Duration,
) {
    private val lead = minOf(leaseTimeout / 10, 1.seconds)

    /** How long between two renewals. A third, so that a failed one can be tried again in time. */
    val interval: Duration = leaseTimeout / 3

    /** How long a handler may run without a renewal. */
    val longest: Duration = leaseTimeout - lead

    /** How often to look whether handlers must be stopped, while a renewal is on its way. */
    val looksEach: Duration = lead / 2

    /** How long until the lease should be renewed. */
    fun untilRenewal(renewedAt: TimeMark): Duration = interval - renewedAt.elapsedNow()

    /** How long the handler may still run. Not positive if it must be stopped. */
    fun left(renewedAt: TimeMark): Duration = longest - renewedAt.elapsedNow()

    /** How long a renewal may take if the handler may run for [left]. A worker that was stalled may still try once. */
    fun bound(left: Duration): Duration = minOf(left, interval).takeIf { it.isPositive() } ?: lead
}
