package io.pgqueuer.micrometer

import io.micrometer.core.instrument.Counter
import io.micrometer.core.instrument.Gauge
import io.micrometer.core.instrument.MeterRegistry
import io.pgqueuer.StoreOperation
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerId
import io.pgqueuer.WorkerObserver
import java.util.concurrent.ConcurrentHashMap

/**
 * Counts and times what the workers of this process do, in [registry].
 *
 * ```
 * val backend = postgresBackend(settings) { observe(WorkerMetrics(registry)) }
 * ```
 *
 * Make one for a registry, and share it among all workers and backends that have the same [MetricsOptions.tags].
 * Otherwise, the gauges show the first one only. `docs/observability.md` lists the meters.
 *
 * @throws IllegalArgumentException if an option is out of its bounds.
 */
public class WorkerMetrics(
    private val registry: MeterRegistry,
    configure: MetricsOptions.() -> Unit = {},
) : WorkerObserver {
    private val options = metricsOptions(configure)
    private val entrypoints = Bounded(options.maxEntrypoints) { EntrypointMeters(registry, options, it) }
    private val schedules = Bounded(options.maxEntrypoints) { ScheduleMeters(registry, options, it) }
    private val running = ConcurrentHashMap<WorkerId, RunningWorker>()

    private val storeFailures = StoreOperation.entries.map { operation ->
        Counter.builder("pgqueuer.store.failures").tags(options.tags).tag("operation", operation.name.lowercase())
            .description("Calls of workers to the store that failed and are repeated").register(registry)
    }
    private val interruptions =
        counter("pgqueuer.listener.interruptions", "How often notifications stopped arriving at a worker")
    private val dropped = counter("pgqueuer.events.dropped", "Events that were too many for the observer to see")

    init {
        gauge("pgqueuer.workers.running", "Workers that run in this process") { 1 }
        gauge("pgqueuer.workers.listening", "Workers in this process that receive notifications") {
            if (it.listens) 1 else 0
        }
        gauge("pgqueuer.worker.slots", "The most handlers that can run at once in this process") { it.slots }
        gauge("pgqueuer.worker.slots.free", "How many more handlers could run in this process now") { it.freeSlots }
    }

    override fun onEvent(event: WorkerEvent) {
        when (event) {
            is WorkerEvent.JobStarted -> entrypoints[event.job.entrypoint].started(event.job)
            is WorkerEvent.JobEnded -> entrypoints[event.job.entrypoint].ended(event.outcome, event.ran)
            is WorkerEvent.JobsClaimed -> countRescued(event)
            is WorkerEvent.JobHeldByClaim -> entrypoints[event.entrypoint].heldByClaim()
            is WorkerEvent.ScheduleEnded -> schedules[event.schedule.name].ended(event.outcome, event.ran)
            is WorkerEvent.StoreFailed -> storeFailures[event.operation.ordinal].increment()
            is WorkerEvent.ListenerReady -> running[event.worker]?.listens = true
            is WorkerEvent.ListenerLost -> lost(event.worker)
            is WorkerEvent.WorkerStarted -> running[event.worker] = RunningWorker(event)
            is WorkerEvent.WorkerStopped -> running.remove(event.worker)
            is WorkerEvent.EventsDropped -> dropped.increment(event.count.toDouble())
            else -> Unit
        }
    }

    private fun countRescued(event: WorkerEvent.JobsClaimed) {
        val jobs = event.jobs
        for (index in jobs.indices) {
            if (jobs[index].rescues > 0) entrypoints[jobs[index].entrypoint].rescued()
        }
    }

    private fun lost(worker: WorkerId) {
        running[worker]?.listens = false
        interruptions.increment()
    }

    private fun counter(name: String, description: String) =
        Counter.builder(name).tags(options.tags).description(description).register(registry)

    private fun gauge(name: String, description: String, of: (RunningWorker) -> Int) {
        Gauge.builder(name) { running.values.sumOf(of) }.tags(options.tags).description(description).register(registry)
    }

    private class RunningWorker(
        private val worker: WorkerEvent.WorkerStarted,
    ) {
        @Volatile
        var listens = false
        val slots: Int get() = worker.maxConcurrentTasks
        val freeSlots: Int get() = (slots - worker.activeJobs).coerceAtLeast(0)
    }
}
