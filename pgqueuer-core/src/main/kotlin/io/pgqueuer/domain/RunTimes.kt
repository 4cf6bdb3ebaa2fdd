package io.pgqueuer.domain

import kotlin.time.Duration

/**
 * How long the runs of one entrypoint took that ended or were held within a window of time: from the claim until the
 * outcome was written. Percentiles are by nearest rank: times that runs really took.
 *
 * @property count how many runs.
 */
public data class RunTimes(
    val entrypoint: String,
    val count: Long,
    val p50: Duration,
    val p95: Duration,
    val p99: Duration,
)
