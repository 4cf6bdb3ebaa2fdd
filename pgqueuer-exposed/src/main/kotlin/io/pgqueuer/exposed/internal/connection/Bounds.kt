package io.pgqueuer.exposed.internal.connection

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * How long a transaction may take. The engine bounds its calls by cancelling them, and closer; this is what keeps any
 * call from hanging for ever.
 */
internal val TRANSACTION_BOUND = 60.seconds

/** How long an enqueue of [jobs] may take: a second more for every 1,000 of them. */
internal fun enqueueBound(jobs: Int): Duration = TRANSACTION_BOUND + (jobs / 1_000).seconds
