package io.pgqueuer.cli.torture

import io.pgqueuer.Backend
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.cli.torture.record.Told
import kotlinx.coroutines.delay
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/** Enqueues jobs all the time, and remembers which ones were confirmed. */
internal class Producer(
    private val backend: Backend,
    private val told: Told,
    private val random: Random,
) {
    private val jobs = JobMaker(random)

    /** @param isFull whether more jobs are waiting than the workers can run soon. */
    suspend fun run(isFull: () -> Boolean): Nothing {
        while (true) {
            if (!isFull()) enqueue(List(if (random.nextBoolean()) 1 else random.nextInt(2, 30)) { jobs.make() })
            delay(random.nextLong(MOST_PAUSE_MILLIS).milliseconds)
        }
    }

    private suspend fun enqueue(jobs: List<NewJob>) = told.asking("enqueue") {
        backend.queue.enqueueAll(jobs, OnConflict.SKIP).forEach { if (it != null) told.enqueued(it.value) }
    }

    private companion object {
        const val MOST_PAUSE_MILLIS = 120L
    }
}
