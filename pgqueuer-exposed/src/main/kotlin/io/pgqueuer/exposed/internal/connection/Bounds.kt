package io.pgqueuer.exposed.internal.connection

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * The timeout of a transaction. The engine cancels its own calls earlier; this timeout keeps any other call from
 * hanging forever.
 */
internal val TRANSACTION_BOUND = 60.seconds

/** The timeout of an enqueue of [jobs]: one more second for every 1,000 of them. */
internal fun enqueueBound(jobs: Int): Duration = TRANSACTION_BOUND + (jobs / 1_000).seconds
