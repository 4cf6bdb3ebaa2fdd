package io.pgqueuer.micrometer

import io.micrometer.core.instrument.Counter
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Tags
import io.micrometer.core.instrument.Timer
import io.pgqueuer.JobOutcome
import io.pgqueuer.StoredJob
import java.util.concurrent.TimeUnit.NANOSECONDS
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/** The meters of one entrypoint. They are made once, as they are used for every job. */
internal class EntrypointMeters(
    private val registry: MeterRegistry,
    private val options: MetricsOptions,
    entrypoint: String,
) {
    private val tags: Tags = options.tags.and("entrypoint", entrypoint)

    private val succeeded = outcome("succeeded")
    private val retried = outcome("retried")
    private val failed = outcome("failed")
    private val held = outcome("held")
    private val released = outcome("released")
    private val canceled = outcome("canceled")
    private val leaseLost = outcome("lease_lost")
    private val rescued = Counter.builder("pgqueuer.jobs.rescued").tags(tags)
        .description("Jobs that were taken over from a worker that died or hangs").register(registry)
    private val run = timer("pgqueuer.job.run", "How long handlers ran")
    private val wait = timer("pgqueuer.job.wait", "How long jobs were due before a worker claimed them")

    /** A job that is taken over has waited for its lease to expire, not for a worker. */
    fun started(job: StoredJob) {
        if (job.rescues > 0) return
        // A job can be enqueued for a time that has passed. It did not wait before it was there.
        val waited = job.updated - maxOf(job.runAt, job.created)
        wait.record(waited.inWholeNanoseconds.coerceAtLeast(0), NANOSECONDS)
    }

    /** Runs that did not end by themselves are counted, but not timed. */
    fun ended(outcome: JobOutcome, ran: Duration) {
        when (outcome) {
            is JobOutcome.Succeeded -> count(succeeded, ran)
            is JobOutcome.Retried -> count(retried, ran)
            is JobOutcome.Failed -> count(failed, ran)
            is JobOutcome.Held -> count(held, ran)
            is JobOutcome.Released -> released.increment()
            is JobOutcome.Canceled -> canceled.increment()
            is JobOutcome.LeaseLost -> leaseLost.increment()
        }
    }

    fun heldByClaim() = held.increment()

    fun rescued() = rescued.increment()

    private fun count(counter: Counter, ran: Duration) {
        counter.increment()
        run.record(ran.inWholeNanoseconds, NANOSECONDS)
    }

    private fun outcome(name: String) = Counter.builder("pgqueuer.jobs").tags(tags).tag("outcome", name)
        .description("Runs of jobs that have ended, by how they ended").register(registry)

    private fun timer(name: String, description: String): Timer {
        val builder = Timer.builder(name).tags(tags).description(description)
        if (options.percentiles.isNotEmpty()) builder.publishPercentiles(*options.percentiles.toDoubleArray())
        if (options.histograms) builder.serviceLevelObjectives(*BUCKETS)
        return builder.register(registry)
    }

    private companion object {
        val BUCKETS = listOf(
            5.milliseconds, 10.milliseconds, 25.milliseconds, 50.milliseconds, 100.milliseconds, 250.milliseconds,
            500.milliseconds, 1.seconds, 2.5.seconds, 5.seconds, 10.seconds, 30.seconds, 1.minutes, 5.minutes,
            10.minutes,
        ).map { it.toJavaDuration() }.toTypedArray()
    }
}
