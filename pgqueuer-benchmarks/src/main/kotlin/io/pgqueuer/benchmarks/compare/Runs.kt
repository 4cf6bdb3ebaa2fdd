package io.pgqueuer.benchmarks.compare

import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit.NANOSECONDS
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration

/** Counts the runs of handlers, on any thread. */
internal class Runs {
    private val counted = AtomicLong()

    @Volatile
    private var expected = Long.MAX_VALUE
    private val reached = CountDownLatch(1)

    val count: Long get() = counted.get()

    fun ran() {
        if (counted.incrementAndGet() >= expected) reached.countDown()
    }

    /** Sets the number of runs to wait for. Call it before the first run. */
    fun expect(count: Int) {
        expected = count.toLong()
    }

    /** Waits until the expected number of runs is reached. Returns false if that takes longer than [limit]. */
    fun await(limit: Duration): Boolean = reached.await(limit.inWholeNanoseconds, NANOSECONDS)
}
