package io.pgqueuer.benchmarks.compare

import java.util.Locale
import kotlin.time.Duration
import kotlin.time.DurationUnit.SECONDS

/** So many jobs in that time; all that were asked for unless [cut] by the limit of time. */
internal class Measurement(
    val jobs: Long,
    private val time: Duration,
    val cut: Boolean,
) {
    val jobsPerSecond: Double get() = jobs / time.toDouble(SECONDS)

    /** The rate, and over how many jobs where these are not all. */
    override fun toString(): String {
        val rate = String.format(Locale.ROOT, "%,.0f", jobsPerSecond)
        return if (cut) rate + String.format(Locale.ROOT, " (cut at %,d jobs)", jobs) else rate
    }
}

/** What was measured of one queue. */
internal class Measured(
    val candidate: Candidate,
    val enqueue: Measurement,
    val drain: Measurement,
)
