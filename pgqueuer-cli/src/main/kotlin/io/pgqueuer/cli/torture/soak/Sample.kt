package io.pgqueuer.cli.torture.soak

import kotlin.time.Duration

/**
 * What was measured at one time.
 *
 * @property at since the load began.
 * @property values what could not be measured is missing.
 */
internal class Sample(
    val at: Duration,
    val values: Map<Quantity, Long>,
)
