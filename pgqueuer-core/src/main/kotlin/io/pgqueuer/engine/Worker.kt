package io.pgqueuer.engine

import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.domain.Outcome
import io.pgqueuer.domain.QueueProperties
import io.pgqueuer.domain.StoreUnavailableException
import io.pgqueuer.domain.WorkerId
import io.pgqueuer.engine.schedule.ScheduleRuns
import io.pgqueuer.engine.schedule.Scheduler
import io.pgqueuer.port.Backend
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import java.util.UUID
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * One run of a worker: puts the parts of the engine together, and takes them apart in an order that loses nothing.
 *
 * The parts are no children of the caller's coroutine: a cancelled caller must not cut a claim whose answer is on its
 * way, nor an outcome that waits to be written. [run] itself sees to their end.
 *
 * @param caller the context of the caller, without its job.
 */
internal class Worker(
    private val backend: Backend,
    private val registered: Registrations,
    private val options: RunOptions,
    private val caller: CoroutineContext,
) {
    val stop = StopSignal()
    private val entrypoints = registered.entrypoints
    private val schedules = registered.schedules
    private val runtime = backend.runtime(caller)
    private val id = WorkerId(UUID.nameUUIDFromBytes(runtime.random.nextBytes(UUID_BYTES)))
    private val wakeUps = WakeUps()
    private val registry = LeaseRegistry()
    private val tally = Tally()
    private val buffer = StatusLogBuffer(backend.jobs, registry, tally, backoff(), ::settled)
    private val keeper = LeaseKeeper(backend.jobs, registry, backoff(), options.heartbeatTimeout)
    private val probes = HealthProbes(backend.notifications, runtime)
    private val listener =
        NotificationListener(backend.notifications, wakeUps, registry, probes, ::notificationsFailed)
    private val logKeeper = LogKeeper(backend.maintenance)
    private val vacuum = QueueVacuum(backend.maintenance, options.vacuumEvery, runtime.clock)

    suspend fun run(): RunReport = coroutineScope {
        // A caller that is cancelled while the worker is taken apart, which is not cancellable, is heard nonetheless.
        val cancellation = launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                awaitCancellation()
            } finally {
                stop.requestImmediate()
            }
        }
        try {
            work()
        } finally {
            cancellation.cancel()
        }
    }

    private suspend fun work(): RunReport {
        check(entrypoints.targets.isNotEmpty() || schedules.targets.isNotEmpty()) {
            "no entrypoint and no schedule is registered: there is nothing to run"
        }
        val properties = backend.schema.properties()
        if (schedules.targets.isNotEmpty()) backend.schedules.register(schedules.targets, options.heartbeatTimeout)
        logStart(properties)
        val engine = CoroutineScope(caller + runtime.engine + SupervisorJob() + CoroutineName("pgqueuer $id"))
        val handlers = CoroutineScope(caller + runtime.handlersIn(options.handlerContext) + SupervisorJob())
        val consumers = consumers(handlers)
        val runs = scheduleRuns(engine, handlers)
        val scheduler = Scheduler(schedules, runs, options, backend.schedules, wakeUps, stop, backoff())
        val parts = Parts(
            fetching = engine.async {
                if (entrypoints.targets.isEmpty()) runSchedulesOnly(scheduler) else fetcher(consumers, scheduler).run()
            },
            scheduling = engine.launch { scheduler.run() },
            consuming = engine.launch { consumers.run() },
            writing = engine.launch { buffer.run() },
        )
        engine.launch { keeper.run() }
        engine.launch { listen() }
        engine.launch { wakeOnStop() }
        keepLog(engine)
        if (options.vacuumEvery > 0) engine.launch { vacuum.run() }
        try {
            parts.fetching.await()
        } finally {
            stop.ensureRequested()
            withContext(NonCancellable) { takeApart(parts, consumers, runs) }
            engine.cancel()
            handlers.cancel()
        }
        return tally.report()
    }

    private class Parts(
        val fetching: Deferred<Unit>,
        val scheduling: Job,
        val consuming: Job,
        val writing: Job,
    )

    /** Whether a notification comes back to this worker within [timeout]; false also where it cannot be sent. */
    suspend fun listenerHealthy(timeout: Duration): Boolean = withContext(runtime.engine) {
        try {
            probes.roundTrip(timeout)
        } catch (e: StoreUnavailableException) {
            log.warn("cannot probe the notifications: {}", e.toString())
            false
        }
    }

    private suspend fun takeApart(parts: Parts, consumers: Consumers, runs: ScheduleRuns) {
        for (claiming in listOf(parts.fetching, parts.scheduling)) {
            within(CLAIM_ENDS_WITHIN) { claiming.join() } ?: claiming.cancelAndJoin()
        }
        parts.consuming.cancelAndJoin()
        consumers.releaseWaiting()
        within(options.shutdownTimeout) {
            awaitNoneActive(unless = stop::immediate)
            awaitNoRuns(runs)
        }
        registry.all().forEach { it.stop(StopReason.WorkerStops(it)) }
        runs.giveBack()
        within(CANCELLED_HANDLERS_END_WITHIN) {
            awaitNoneActive()
            runs.awaitNone()
        }
        registry.all().filterNot(RunningJob::ended).forEach { ignoresCancellation ->
            log.warn("{} ignores its cancellation; it is given back while its handler runs on", ignoresCancellation)
            consumers.conclude(ignoresCancellation, Outcome.Released.takeUnless { ignoresCancellation.leaseGone })
        }
        runs.abandon()
        buffer.close()
        val written = within(maxOf(options.shutdownTimeout, OUTCOMES_WRITTEN_WITHIN)) {
            parts.writing.join()
            runs.awaitNone()
        }
        if (written == null) {
            val (some, rest) = registry.all().let { it.take(NAMED) to it.size - NAMED }
            val jobs = if (rest > 0) "$some and $rest more" else "$some"
            log.error("the outcomes of {} and {} could not be written; they run again", jobs, runs)
        }
    }

    private suspend fun awaitNoRuns(runs: ScheduleRuns) = coroutineScope {
        val hurry = launch { stop.awaitImmediate() }
        val ended = launch { runs.awaitNone() }
        select {
            hurry.onJoin { ended.cancel() }
            ended.onJoin { hurry.cancel() }
        }
    }

    /** The part of the fetcher where there is nothing to fetch. */
    private suspend fun runSchedulesOnly(scheduler: Scheduler) = coroutineScope {
        val stopped = launch { stop.awaitRequested() }
        if (options.mode == RunMode.DRAIN) {
            val idle = launch { scheduler.awaitIdle() }
            select {
                idle.onJoin { stopped.cancel() }
                stopped.onJoin { idle.cancel() }
            }
        }
    }

    private fun keepLog(engine: CoroutineScope) {
        if (options.logAggregationInterval > Duration.ZERO) {
            engine.launch { logKeeper.aggregate(options.logAggregationInterval) }
        }
        options.logRetention?.let { engine.launch { logKeeper.prune(it) } }
    }

    private fun settled(jobs: Int) {
        wakeUps.freed()
        logKeeper.written()
        vacuum.ended(jobs)
    }

    private suspend fun awaitNoneActive(unless: () -> Boolean = { false }) {
        while (registry.active > 0 && !unless()) wakeUps.awaitFreed()
    }

    private suspend fun <T> within(timeout: Duration, block: suspend () -> T): T? = withTimeoutOrNull(timeout) {
        block()
    }

    private suspend fun wakeOnStop() {
        stop.awaitRequested()
        wakeUps.work()
        wakeUps.freed()
        wakeUps.schedules()
        stop.awaitImmediate()
        wakeUps.freed()
    }

    private suspend fun listen() {
        try {
            listener.run()
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            log.error("notifications ended; the worker goes on by polling each {}", options.dequeueTimeout, e)
            notificationsFailed("$e")
        }
    }

    private fun notificationsFailed(reason: String) {
        if (!options.shutdownOnListenerFailure) return
        log.error("shutting down, as asked for when notifications fail: {}", reason)
        stop.ensureRequested()
    }

    private fun consumers(handlers: CoroutineScope): Consumers {
        val chains = entrypoints.names.associateWith {
            HandlerChain(entrypoints[it], entrypoints.interceptors, runtime)
        }
        val runner = JobRunner(backend, registered.resources, chains, FailureRecords(runtime.clock))
        return Consumers(id, handlers, runner, registry, buffer, tally, wakeUps, options.maxConcurrentTasks)
    }

    private fun scheduleRuns(engine: CoroutineScope, handlers: CoroutineScope) = ScheduleRuns(
        backend,
        schedules,
        registered.resources,
        runtime,
        engine,
        handlers,
        tally,
        options.heartbeatTimeout,
        wakeUps::schedules,
    )

    private fun fetcher(consumers: Consumers, scheduler: Scheduler) = JobFetcher(
        id,
        entrypoints,
        options,
        backend.jobs,
        registry,
        buffer,
        wakeUps,
        stop,
        backoff(),
        scheduler::isIdle,
        consumers::offer,
    )

    private fun backoff() = Backoff(runtime.random)

    private fun logStart(properties: QueueProperties) {
        val most = options.maxConcurrentTasks?.plus(options.prefetch)
        if (most != null && options.batchSize != null && options.batchSize > most) {
            log.info("batchSize {} is adjusted to {}: maxConcurrentTasks + prefetch", options.batchSize, most)
        }
        if (!properties.notifications) {
            log.warn("this queue notifies of no enqueue: idle, it is looked at each {}", options.dequeueTimeout)
        }
        log.info("worker {} serves {}, schedules {}, with {}", id, entrypoints.names, schedules.names, options)
    }

    private companion object {
        const val UUID_BYTES = 16

        /** Of jobs that may be thousands, so many are named in the log. */
        const val NAMED = 10

        /** After it, a claim that hangs is cut; what it leased expires and is claimed again. */
        val CLAIM_ENDS_WITHIN = 5.seconds
        val CANCELLED_HANDLERS_END_WITHIN = 2.seconds
        val OUTCOMES_WRITTEN_WITHIN = 5.seconds
        val log = LoggerFactory.getLogger(Worker::class.java)
    }
}
