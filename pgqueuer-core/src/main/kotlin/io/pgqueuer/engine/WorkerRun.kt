package io.pgqueuer.engine

import io.pgqueuer.Backend
import io.pgqueuer.QueueProperties
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.StoreClosedException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.Worker
import io.pgqueuer.WorkerDefinition
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerFailedException
import io.pgqueuer.cron.SecondsFirst
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.engine.claiming.JobFetcher
import io.pgqueuer.engine.leases.LeaseKeeper
import io.pgqueuer.engine.leases.LeaseRegistry
import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.engine.leases.StopReason
import io.pgqueuer.engine.listening.HealthProbes
import io.pgqueuer.engine.listening.NotificationListener
import io.pgqueuer.engine.maintenance.LogKeeper
import io.pgqueuer.engine.maintenance.QueueVacuum
import io.pgqueuer.engine.running.Ahead
import io.pgqueuer.engine.running.Consumers
import io.pgqueuer.engine.running.Entrypoints
import io.pgqueuer.engine.running.FailureLog
import io.pgqueuer.engine.running.FailureRecords
import io.pgqueuer.engine.running.HandlerChain
import io.pgqueuer.engine.running.JobRunner
import io.pgqueuer.engine.running.StrayCancellations
import io.pgqueuer.engine.scheduling.ScheduleRuns
import io.pgqueuer.engine.scheduling.Scheduler
import io.pgqueuer.engine.scheduling.ServedSchedules
import io.pgqueuer.engine.settling.SettleWriter
import io.pgqueuer.engine.settling.StatusLogBuffer
import io.pgqueuer.engine.threads.cancellations
import io.pgqueuer.engine.threads.handlersIn
import io.pgqueuer.engine.threads.observersIn
import io.pgqueuer.port.Store
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.job
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * One run of a worker. Starts the parts of the engine, and stops them in an order that loses nothing.
 *
 * The parts are not children of the caller's coroutine: if the caller is cancelled, that must not interrupt a claim
 * whose result is on its way, or lose an outcome that waits to be written. [run] itself makes sure that they end.
 *
 * @param caller the context of the caller, without its job.
 */
internal class WorkerRun(
    private val backend: Backend,
    private val store: Store,
    private val definition: WorkerDefinition,
    private val options: RunOptions,
    private val caller: CoroutineContext,
) {
    private val runtime = store.runtime(caller)
    private val context = EngineContext(store, options, runtime, backend.options.observers + definition.observers)
    val id = context.worker
    val stop = context.stop
    private val wakeUps = context.wakeUps
    private val contact = context.contact
    private val entrypoints = Entrypoints(definition.entrypoints)
    private val interceptors = backend.options.extensions.mapNotNull { it.jobInterceptor } + definition.interceptors
    private val schedules = ServedSchedules(definition.schedules)
    private val registry = LeaseRegistry()
    private val buffer = StatusLogBuffer(context, SettleWriter(context, registry, ::settled))
    private val keeper = LeaseKeeper(context, registry)
    private val probes = HealthProbes(store.notifications, runtime)
    private val listener = NotificationListener(context, registry, probes, ::notificationsFailed)
    private val maxConcurrentTasks = options.maxConcurrentTasks
        ?: if (entrypoints.block) runtime.blockingParallelism else RunOptions.DEFAULT_MAX_CONCURRENT_TASKS
    private val ahead = Ahead(
        maxConcurrentTasks,
        isUsed = options.maxConcurrentTasks == null && entrypoints.block && !entrypoints.areLimited,
    )
    private val failure = AtomicReference<Exception?>(null)
    private val logKeeper = LogKeeper(store.maintenance)
    private val vacuum = options.vacuumEvery?.let { QueueVacuum(store.maintenance, it, runtime.clock) }

    suspend fun run(): RunReport = coroutineScope {
        // The shutdown is not cancellable, but a caller that is cancelled during it still receives the cancellation.
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

    /** What this run has done so far. */
    fun report(): RunReport = context.tally.report()

    /** Passes [event] on to users' observers, once this run has ended. It may never have begun. */
    fun sendAfterEnd(event: WorkerEvent) {
        val scope = CoroutineScope(caller + runtime.observersIn())
        for (feed in context.newFeeds()) {
            feed.close(event)
            scope.launch { feed.run() }
        }
    }

    private suspend fun work(): RunReport {
        check(entrypoints.targets.isNotEmpty() || schedules.targets.isNotEmpty()) {
            "no entrypoint and no schedule is registered: there is nothing to run"
        }
        val properties = prepare()
        logStart(properties)
        val engine = CoroutineScope(
            caller + runtime.engine + SupervisorJob() + CoroutineName("pgqueuer $id") + supervision("engine"),
        )
        val handlers = CoroutineScope(
            caller + runtime.handlersIn(options.handlerContext) + SupervisorJob() + supervision("handlers"),
        )
        context.events.sendIfObserved { WorkerEvent.WorkerStarted(id, maxConcurrentTasks, registry::active) }
        val consumers = consumers(handlers)
        val runs = scheduleRuns(engine, handlers)
        val scheduler = Scheduler(context, schedules, runs)
        val parts = Parts(
            fetching = engine.part("claims") {
                if (entrypoints.targets.isEmpty()) runSchedulesOnly(scheduler) else fetcher(consumers, scheduler).run()
            },
            scheduling = engine.part("scheduler") { scheduler.run() },
            consuming = engine.part("consumers") { consumers.run() },
            writing = engine.part("writer of outcomes") { buffer.run() },
        )
        engine.part("renewal of leases") { keeper.run() }
        if (options.listen) engine.part("listener") { listen() }
        engine.part("wake-ups") { wakeOnStop() }
        val keepingLog = keepLog(engine)
        val observing = context.feeds.map { feed -> engine.launch(runtime.observersIn()) { feed.run() } }
        vacuum?.let { engine.part("vacuum") { it.run() } }
        try {
            awaitEnd(parts.fetching)
        } finally {
            stop.ensureRequested()
            withContext(NonCancellable) {
                takeApart(parts, consumers, runs)
                registry.all().forEach { it.onEnded?.invoke(null) }
                finishLog(keepingLog)
                context.feeds.forEach { it.close(WorkerEvent.WorkerStopped(id)) }
                within(OBSERVERS_END_WITHIN) { observing.joinAll() }
                engine.cancel()
                runtime.cancellations.run { handlers.cancel() }
                within(CANCELLED_HANDLERS_END_WITHIN) { engine.coroutineContext.job.join() }
            }
        }
        failure.get()?.let { throw it }
        return report()
    }

    /** Makes sure that the store is available and ready before anything is started. */
    private suspend fun prepare(): QueueProperties = answeredWithin(STARTS_WITHIN, "answer at the start") {
        // Otherwise every claim would fail.
        store.jobs.requireStorable(entrypoints.names)
        if (schedules.targets.isNotEmpty()) store.schedules.register(schedules.targets, options.heartbeatTimeout)
        store.limits.declareThoseOf(entrypoints.targets)
        store.schema.properties()
    }

    /**
     * Waits until nothing is left to do, or a stop is requested. Does not wait for a claim that hangs at that point.
     */
    private suspend fun awaitEnd(fetching: Job) = coroutineScope {
        val stopped = launch { stop.awaitRequested() }
        select {
            fetching.onJoin { stopped.cancel() }
            stopped.onJoin { }
        }
    }

    private fun CoroutineScope.part(name: String, block: suspend () -> Unit): Job = launch(supervision(name)) {
        try {
            block()
        } catch (e: CancellationException) {
            currentCoroutineContext().ensureActive()
            // Nobody cancelled this part: it must not end silently.
            throw IllegalStateException("a cancellation of unknown origin", e)
        }
    }

    /** Ends the worker if the part named [part] fails: a worker without one of its parts is worse than none. */
    private fun supervision(part: String) = CoroutineExceptionHandler { _, cause ->
        val failed = if (cause is StoreClosedException) {
            cause
        } else {
            WorkerFailedException("the worker $id ended because a part of it failed ($part): $cause", cause)
        }
        if (failure.compareAndSet(null, failed) && failed is WorkerFailedException) {
            log.error("the worker {} stops: its part '{}' failed", id, part, cause)
        }
        stop.requestImmediate()
    }

    private class Parts(
        val fetching: Job,
        val scheduling: Job,
        val consuming: Job,
        val writing: Job,
    )

    /**
     * Returns whether a notification comes back to this worker within [timeout]. Also returns false if it cannot be
     * sent, or if this worker's claims or renewals fail or hang. A worker that does not listen has only the latter.
     */
    suspend fun listenerHealthy(timeout: Duration): Boolean = withContext(runtime.engine) {
        try {
            contact.isHealthy(timeout) && (!options.listen || probes.roundTrip(timeout))
        } catch (e: StoreUnavailableException) {
            log.warn("cannot probe the notifications: {}", e.toString())
            false
        }
    }

    private suspend fun takeApart(parts: Parts, consumers: Consumers, runs: ScheduleRuns) {
        val begun = runtime.timeSource.markNow()
        for (claiming in listOf(parts.fetching, parts.scheduling)) {
            within(CLAIM_ENDS_WITHIN - begun.elapsedNow()) { claiming.join() } ?: claiming.cancelAndJoin()
        }
        parts.consuming.cancelAndJoin()
        consumers.releaseWaiting()
        within(options.shutdownTimeout - begun.elapsedNow()) {
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
            consumers.giveBack(ignoresCancellation)
        }
        runs.abandon()
        buffer.close()
        val written = within(maxOf(options.shutdownTimeout - begun.elapsedNow(), OUTCOMES_WRITTEN_WITHIN)) {
            parts.writing.join()
            runs.awaitNone()
        }
        val unwritten = registry.all().toList()
        if (written == null || unwritten.isNotEmpty()) {
            val (some, rest) = unwritten.take(NAMED) to unwritten.size - NAMED
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

    /** Replaces the fetcher if there is nothing to fetch. */
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

    private fun keepLog(engine: CoroutineScope): List<Job> = listOfNotNull(
        options.logAggregationInterval?.let { engine.part("log keeper") { logKeeper.aggregate(it) } },
        options.logRetention?.let { engine.part("log keeper") { logKeeper.prune(it) } },
    )

    /** Nothing depends on it, so it is left out if the worker must stop at once or the store does not answer. */
    private suspend fun finishLog(keeping: List<Job>) {
        if (keeping.isEmpty() || stop.immediate || contact.isLost) return
        within(LOG_FINISHED_WITHIN) {
            keeping.forEach { it.cancelAndJoin() }
            logKeeper.finish(options.logRetention)
        }
    }

    private fun settled(jobs: Int) {
        logKeeper.written()
        vacuum?.ended(jobs)
    }

    private suspend fun awaitNoneActive(unless: () -> Boolean = { false }) {
        while (registry.active > 0 && !unless()) wakeUps.awaitFreed()
    }

    private suspend fun <T> within(timeout: Duration, block: suspend () -> T): T? =
        withTimeoutOrNull(timeout.coerceAtLeast(Duration.ZERO)) { block() }

    private suspend fun wakeOnStop() {
        stop.awaitRequested()
        wakeUps.work()
        wakeUps.freed()
        wakeUps.schedules()
        stop.awaitImmediate()
        wakeUps.freed()
    }

    /** Listens while the worker runs. If a listener ends, for whatever reason, it is started again. */
    private suspend fun listen() {
        val backoff = context.backoff()
        while (true) {
            val failure = try {
                listener.run()
                IllegalStateException("the notifications ended")
            } catch (e: CancellationException) {
                currentCoroutineContext().ensureActive()
                e
            } catch (e: StoreClosedException) {
                throw e
            } catch (e: Exception) {
                e
            }
            val wait = backoff.next(failure)
            log.error("the listener failed; polling goes on, it is started again in {}", wait, failure)
            notificationsFailed("$failure")
            delay(wait)
        }
    }

    private fun notificationsFailed(reason: String) {
        if (!options.shutdownOnListenerFailure) return
        log.error("shutting down, as asked for when notifications fail: {}", reason)
        stop.ensureRequested()
    }

    private fun consumers(handlers: CoroutineScope): Consumers {
        val chains = definition.entrypoints.associate { it.name to HandlerChain(it, interceptors, runtime) }
        val runner = JobRunner(
            backend,
            definition.resources,
            chains,
            FailureRecords(runtime.clock),
            StrayCancellations(runtime.random),
            interceptors,
            FailureLog(options),
        )
        // A blocking handler starts on its thread, which saves two hand-overs for each job. A worker's interceptors do
        // not belong there; those of extensions do not block.
        val threads = if (definition.interceptors.isEmpty()) runtime.blocking else EmptyCoroutineContext
        val blockingHandlers = CoroutineScope(handlers.coroutineContext + threads)
        return Consumers(
            context,
            handlers,
            blockingHandlers,
            runner,
            registry,
            keeper,
            buffer,
            maxConcurrentTasks,
            ahead,
        )
    }

    private fun scheduleRuns(engine: CoroutineScope, handlers: CoroutineScope) =
        ScheduleRuns(context, backend, schedules, definition.resources, engine, handlers)

    private fun fetcher(consumers: Consumers, scheduler: Scheduler) = JobFetcher(
        context,
        entrypoints,
        registry,
        keeper,
        buffer,
        scheduler::isIdle,
        maxConcurrentTasks,
        ahead,
        consumers::offer,
    )

    private fun logStart(properties: QueueProperties) {
        val most = maxConcurrentTasks.toLong() + options.prefetch
        val batchSize = options.batchSize
        if (batchSize != null && batchSize > most) {
            log.info("batchSize {} is adjusted to {}: maxConcurrentTasks + prefetch", batchSize, most)
        }
        if (!properties.notifications) {
            log.warn("this queue notifies of no enqueue: idle, it is looked at each {}", options.dequeueTimeout)
        }
        for (schedule in definition.schedules) {
            SecondsFirst.warningOf(schedule.expression)?.let { log.warn("schedule '{}': {}", schedule.name, it) }
        }
        log.info("worker {} serves {}, schedules {}, with {}", id, entrypoints.names, schedules.names, options)
    }

    private companion object {
        /** At most this many jobs are named in the log. There may be thousands. */
        const val NAMED = 10

        /**
         * After this time a hanging claim is interrupted. The jobs that it leased are claimed again after their leases
         * expire.
         */
        val CLAIM_ENDS_WITHIN = 5.seconds
        val STARTS_WITHIN = 30.seconds
        val CANCELLED_HANDLERS_END_WITHIN = 2.seconds
        val LOG_FINISHED_WITHIN = 2.seconds
        val OBSERVERS_END_WITHIN = 2.seconds
        val OUTCOMES_WRITTEN_WITHIN = 5.seconds
        val log = LoggerFactory.getLogger(Worker::class.java)
    }
}
