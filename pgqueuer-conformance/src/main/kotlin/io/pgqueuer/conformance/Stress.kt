package io.pgqueuer.conformance

import io.kotest.assertions.withClue
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeSource

/** For tests that depend on how threads interleave, which no seed decides: they find more the longer they run. */
object Stress {
    /** Set by `-Dstress.minutes=N`: how long each of these tests runs; default null. */
    private val minutes: Double? = System.getProperty("stress.minutes")?.toDouble()

    /** Set by `-Dstress.seed=N`: the first seed; default 1. */
    private val firstSeed: Int = System.getProperty("stress.seed")?.toInt() ?: 1

    /**
     * Runs [cycle] with one seed after the other: [cycles] times, or as long as [minutes] wants if it is set. A failure
     * names its seed.
     */
    suspend fun cycles(cycles: Int, cycle: suspend (seed: Int) -> Unit) {
        val began = TimeSource.Monotonic.markNow()
        var seed = firstSeed
        do {
            withClue("cycle with seed $seed") { cycle(seed) }
            seed++
        } while (if (minutes == null) seed < firstSeed + cycles else began.elapsedNow() < minutes.minutes)
    }
}
