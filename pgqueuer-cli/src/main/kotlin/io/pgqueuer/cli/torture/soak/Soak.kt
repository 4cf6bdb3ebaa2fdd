package io.pgqueuer.cli.torture.soak

import io.pgqueuer.JobStatus
import io.pgqueuer.cli.torture.Crew
import io.pgqueuer.cli.torture.JobMaker
import io.pgqueuer.cli.torture.TortureServer
import io.pgqueuer.cli.torture.Trial
import io.pgqueuer.cli.torture.WorkerKind
import io.pgqueuer.cli.torture.fault.Admin
import kotlinx.coroutines.delay
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * One soak: a steady load for [duration] and no faults, then time to finish everything.
 *
 * @param tell is called with a line of progress for each sample.
 */
internal class Soak(
    private val duration: Duration,
    server: TortureServer,
    crew: Crew,
    private val samples: Samples,
    private val tell: (String) -> Unit,
) {
    private val trial = Trial(server, crew)
    private val sampler = Sampler(trial, crew, Admin(server.settings), sampleEvery(duration))
    private val producer = SteadyProducer(trial.backend.queue, JobMaker(Random.Default))

    suspend fun run(): SoakResult = trial.use {
        val troubles = trial.run(watch = ::watch) { producer.run(duration) }
        val ends = trial.backend.insights.throughput(WHOLE_TIME, atMost = Int.MAX_VALUE)
            .filter { it.status.isTerminal }
            .groupingBy { it.status }
            .fold(0L) { sum, counted -> sum + counted.count }
        SoakResult(judge(samples.quantities, samples.all, duration), producer.enqueued, ends, troubles)
    }

    private suspend fun watch(): Nothing {
        val began = TimeSource.Monotonic.markNow()
        while (true) {
            val at = began.elapsedNow()
            samples.add(sampler.sample(at))
            tell("${at.inWholeSeconds} s: ${producer.enqueued} jobs enqueued, ${trial.open.count} open")
            delay(sampleEvery(duration))
        }
    }

    companion object {
        private val WHOLE_TIME = 3_650.days

        /** A soak of any length has at most about 200 samples. */
        fun sampleEvery(duration: Duration): Duration = maxOf(2.seconds, duration / 200)

        /** Its workers count, prune and vacuum often, so that the tables soon reach the size that they keep. */
        fun worker(duration: Duration) = WorkerKind(
            "io.pgqueuer.cli.torture.worker.SoakWorkerKt::soakWorker",
            options = mapOf(
                "--heartbeat-timeout" to "$LEASE_TIMEOUT",
                "--log-aggregation-interval" to "5s",
                "--log-retention" to "1m",
                "--vacuum-every" to "1000",
            ),
            arguments = listOf("${sampleEvery(duration)}"),
        )
    }
}
