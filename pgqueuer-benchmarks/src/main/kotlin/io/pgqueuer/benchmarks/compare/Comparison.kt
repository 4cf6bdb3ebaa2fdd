package io.pgqueuer.benchmarks.compare

import io.pgqueuer.exposed.PostgresSettings
import kotlin.time.Duration
import kotlin.time.TimeSource.Monotonic.markNow
import kotlin.time.measureTime

/**
 * Measures queues one after another on the server that [settings] name, each in a schema of its own.
 *
 * @param jobs how many jobs to enqueue and drain.
 * @param limit how long an enqueue or a drain may take. What was done by then counts.
 * @param warmUp how long each queue runs at least before it is measured: the first jobs of a JVM are slower.
 */
internal class Comparison(
    private val settings: PostgresSettings,
    private val jobs: Int,
    private val limit: Duration,
    private val warmUp: Duration,
    private val progress: (String) -> Unit,
) {
    /** @throws IllegalStateException if a job ran twice, or left the queue without having run. */
    fun measure(candidate: Candidate): Measured {
        progress("${candidate.name}: warming up")
        val start = markNow()
        do round(candidate, minOf(jobs, WARM_UP_JOBS)) while (start.elapsedNow() < warmUp)
        progress("${candidate.name}: enqueuing and draining $jobs jobs")
        return round(candidate, jobs).also { measured ->
            progress("${candidate.name}: ${measured.enqueue} jobs/s enqueued, ${measured.drain} jobs/s drained")
        }
    }

    private fun round(candidate: Candidate, jobs: Int): Measured = EmptySchema.use(settings) { schema ->
        val runs = Runs()
        candidate.open(schema, runs::ran).use { peer ->
            val enqueued = enqueue(peer, jobs, schema)
            schema.analyze()
            Measured(candidate, enqueued, drain(peer, runs, enqueued.jobs.toInt()))
        }
    }

    private fun enqueue(peer: Peer, jobs: Int, schema: EmptySchema): Measurement {
        var time = Duration.ZERO
        var done = 0
        while (done < jobs && time < limit) {
            val batch = minOf(ENQUEUE_BATCH, jobs - done)
            time += measureTime { peer.enqueue(batch) }
            // The plans for a table that was empty a moment ago depend on luck.
            if (done == 0) schema.analyze()
            done += batch
        }
        return Measurement(done.toLong(), time, cut = done < jobs)
    }

    private fun drain(peer: Peer, runs: Runs, queued: Int): Measurement {
        check(peer.left() == queued.toLong()) { "$queued jobs were enqueued, the database has ${peer.left()}" }
        runs.expect(queued)
        val start = markNow()
        peer.start()
        runs.await(limit)
        var left = peer.left()
        // The last handlers have run, but that is written a moment later.
        while (left > 0 && start.elapsedNow() < limit) {
            Thread.sleep(1)
            left = peer.left()
        }
        val time = start.elapsedNow()
        val done = queued - left
        if (left == 0L) {
            check(runs.count == done) { "$done jobs are done, but handlers ran ${runs.count} times" }
        } else {
            check(runs.count >= done) { "$done jobs are done, but handlers ran only ${runs.count} times" }
        }
        return Measurement(done, time, cut = left > 0)
    }

    companion object {
        /** How many jobs one call enqueues. */
        const val ENQUEUE_BATCH = 1_000

        private const val WARM_UP_JOBS = 5_000
    }
}
