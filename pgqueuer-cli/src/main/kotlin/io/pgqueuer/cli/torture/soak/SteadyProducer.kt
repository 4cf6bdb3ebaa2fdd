package io.pgqueuer.cli.torture.soak

import io.pgqueuer.JobQueue
import io.pgqueuer.OnConflict
import io.pgqueuer.cli.torture.JobMaker
import kotlinx.coroutines.delay
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeSource

/** Enqueues about 100 jobs a second. It remembers only how many, as it may run for hours. */
internal class SteadyProducer(
    private val queue: JobQueue,
    private val jobs: JobMaker,
) {
    /** How many jobs the queue has confirmed. */
    @Volatile
    var enqueued = 0L
        private set

    suspend fun run(duration: Duration) {
        val end = TimeSource.Monotonic.markNow() + duration
        var due = TimeSource.Monotonic.markNow()
        while (end.hasNotPassedNow()) {
            enqueued += queue.enqueueAll(List(BATCH) { jobs.make() }, OnConflict.SKIP).count { it != null }
            // What was late is not made up for: that would be a burst.
            due = maxOf(due + EVERY, TimeSource.Monotonic.markNow())
            delay(-due.elapsedNow())
        }
    }

    private companion object {
        const val BATCH = 10
        val EVERY = 100.milliseconds
    }
}
