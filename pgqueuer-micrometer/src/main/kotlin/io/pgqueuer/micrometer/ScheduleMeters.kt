package io.pgqueuer.micrometer

import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Timer
import io.pgqueuer.ScheduleOutcome
import java.util.concurrent.TimeUnit.NANOSECONDS
import kotlin.time.Duration

/** The meters of the schedules of one name. */
internal class ScheduleMeters(
    private val registry: MeterRegistry,
    private val options: MetricsOptions,
    private val schedule: String,
) {
    private val succeeded = timer("succeeded")
    private val failed = timer("failed")
    private val released = timer("released")
    private val leaseLost = timer("lease_lost")

    fun ended(outcome: ScheduleOutcome, ran: Duration) {
        val timer = when (outcome) {
            is ScheduleOutcome.Succeeded -> succeeded
            is ScheduleOutcome.Failed -> failed
            is ScheduleOutcome.Released -> released
            is ScheduleOutcome.LeaseLost -> leaseLost
        }
        timer.record(ran.inWholeNanoseconds, NANOSECONDS)
    }

    private fun timer(outcome: String) = Timer.builder("pgqueuer.schedule.run")
        .tags(options.tags).tag("schedule", schedule).tag("outcome", outcome)
        .description("Runs of schedules that have ended, by how they ended").register(registry)
}
