package io.pgqueuer.cli.torture.record

import kotlin.time.Instant

/** A worker knew at [at] that [outcome] is written. */
internal data class Confirmation(
    val outcome: Outcome,
    val at: Instant,
)
