package io.pgqueuer.cli.torture

import io.pgqueuer.NewJob
import io.pgqueuer.cli.torture.worker.Behavior
import io.pgqueuer.cli.torture.worker.Entrypoint
import io.pgqueuer.cli.torture.worker.Task
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/** Makes jobs of all entrypoints, with priorities, delays and dedupe keys. */
internal class JobMaker(
    private val random: Random,
) {
    fun make(): NewJob {
        val entrypoint = entrypoint()
        return NewJob(entrypoint.label, task(entrypoint).payload) {
            priority = random.nextInt(3)
            if (random.nextInt(10) == 0) delay = random.nextLong(3_000).milliseconds
            if (random.nextInt(10) == 0) dedupeKey = "key ${random.nextInt(50)}"
        }
    }

    /** Limited entrypoints get fewer jobs, as many as they can run. */
    private fun entrypoint() = when (random.nextInt(100)) {
        in 0..2 -> Entrypoint.ONE
        in 3..9 -> Entrypoint.THREE
        in 10..19 -> Entrypoint.BLOCKING
        else -> Entrypoint.FREE
    }

    private fun task(entrypoint: Entrypoint) = when {
        entrypoint == Entrypoint.ONE -> Task.random(random, most = 4)

        entrypoint == Entrypoint.THREE -> Task.random(random, most = 16)

        // Longer than a lease, at times by much.
        random.nextInt(20) == 0 -> Task.random(random, most = 400)

        random.nextInt(4) == 0 -> Task(Behavior.UNEVEN, steps = 200)

        random.nextInt(5) == 0 -> Task.random(random, most = 60)

        else -> Task.random(random, most = 2)
    }
}
