package io.pgqueuer.cli.bench

import kotlin.math.ceil
import kotlin.math.round
import kotlin.time.Duration
import kotlin.time.DurationUnit.MILLISECONDS
import kotlin.time.DurationUnit.SECONDS

/** Returns how many per second are [count] in [time]. */
internal fun rate(count: Int, time: Duration): Long = (count / time.toDouble(SECONDS)).toLong()

/** Returns this rate divided by [other], with two decimals. */
internal fun Long.over(other: Long): Double = rounded(toDouble() / other)

internal fun rounded(value: Double): Double = round(value * 100) / 100

/** Returns [count] divided by [jobs], with four decimals: a busy worker does hundreds of jobs in one transaction. */
internal fun perJob(count: Long, jobs: Long): Double = round(count * 10_000.0 / jobs) / 10_000

/** Returns the time that [percent] of these took at most, by nearest rank. */
internal fun List<Duration>.atRank(percent: Int): Duration = sorted()[ceil(size * percent / 100.0).toInt() - 1]

/** Returns the same in milliseconds. */
internal fun List<Duration>.percentile(percent: Int): Double = rounded(atRank(percent).toDouble(MILLISECONDS))

/** Returns [result] with the percentiles of [times]. */
internal fun withTimes(result: BenchResult, times: List<Duration>) =
    result.copy(p50 = times.percentile(50), p95 = times.percentile(95), p99 = times.percentile(99))
