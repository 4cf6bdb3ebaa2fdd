package io.pgqueuer.cli.torture.soak

import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** The kinds of what a soak measures. */
internal enum class Kind(
    val label: String,
    val unit: Measure,
    val rule: Rule,
) {
    HEAP("heap", Measure.BYTES, Rule.NoGrowth(share = 0.1, floor = 4 * MIB)),

    /** Threads and connections are pooled. At first, each peak of the load makes the pools grow somewhat. */
    THREADS("threads", Measure.COUNT, Rule.NoGrowth(share = 0.1, floor = 16)),
    CONNECTIONS("connections", Measure.COUNT, Rule.NoGrowth(share = 0.25, floor = 6)),
    QUEUE("queue table", Measure.BYTES, Rule.NoGrowth(share = 0.25, floor = MIB, TABLES_SETTLE_WITHIN)),
    LOG("log table", Measure.BYTES, Rule.NoGrowth(share = 0.25, floor = MIB, TABLES_SETTLE_WITHIN)),

    /** Statistics are kept for ever. */
    STATISTICS("statistics table", Measure.BYTES, Rule.None),
    SCHEDULES("schedules table", Measure.BYTES, Rule.NoGrowth(share = 0.25, floor = MIB, TABLES_SETTLE_WITHIN)),
    HEARTBEAT("oldest heartbeat", Measure.MILLIS, Rule.Below(LEASE_TIMEOUT.inWholeMilliseconds)),
    OPEN("open jobs", Measure.COUNT, Rule.NoGrowth(share = 0.25, floor = 50)),
}

/** How long a lease lasts unless it is renewed. Some jobs run longer than two renewals take. */
internal val LEASE_TIMEOUT = 10.seconds

/** The log is kept for a minute, pruned every minute, and its space is free again after a vacuum. */
private val TABLES_SETTLE_WITHIN = 5.minutes
