package io.pgqueuer.benchmarks.compare

import java.util.Locale
import kotlin.time.Duration
import kotlin.time.DurationUnit.SECONDS

/** How many [jobs] were done, and in what time. If [cut], the time limit ended the measurement before all were done. */
internal class Measurement(
    val jobs: Long,
    private val time: Duration,
    val cut: Boolean,
) {
    val jobsPerSecond: Double get() = jobs / time.toDouble(SECONDS)

    /** Returns the rate, and the number of jobs if it was cut. */
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
