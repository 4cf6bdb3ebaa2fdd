package io.pgqueuer.cli.torture

import io.pgqueuer.Backend
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.cli.torture.record.Told
import kotlinx.coroutines.delay
import kotlin.random.Random
import kotlin.time.Clock
import kotlin.time.Duration.Companion.milliseconds

/** Cancels jobs and requeues held ones, now and then, and remembers what was confirmed. */
internal class Meddler(
    private val backend: Backend,
    private val told: Told,
    private val random: Random,
) {
    suspend fun run(): Nothing {
        while (true) {
            delay(random.nextLong(MOST_PAUSE_MILLIS).milliseconds)
            if (random.nextBoolean()) told.asking("cancel") { cancel() } else told.asking("requeue") { requeue() }
        }
    }

    /** The jobs that were enqueued last are queued or run. */
    private suspend fun cancel() {
        val newest = told.newest(among = 200)
        if (newest.isEmpty()) return
        val ids = List(random.nextInt(1, 4)) { JobId(newest.random(random)) }.distinct()
        val canceled = backend.queue.cancel(ids)
        val at = Clock.System.now()
        canceled.forEach { told.canceled(it.value, at) }
    }

    private suspend fun requeue() {
        val held = backend.queue.heldJobs().shuffled(random).take(2).map { it.job.id }
        try {
            backend.queue.requeue(held).forEach { told.requeued(it.value) }
        } catch (_: DuplicateJobException) {
            // Another job has the key by now.
        }
    }

    private companion object {
        const val MOST_PAUSE_MILLIS = 400L
    }
}
