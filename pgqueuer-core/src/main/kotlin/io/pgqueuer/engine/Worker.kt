package io.pgqueuer.engine

import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.domain.Outcome
import io.pgqueuer.domain.WorkerId
import io.pgqueuer.port.Backend
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
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
    private val entrypoints: Entrypoints,
    private val options: RunOptions,
    private val stop: StopSignal,
    private val caller: CoroutineContext,
) {
    private val runtime = backend.runtime(caller)
    private val id = WorkerId(UUID.nameUUIDFromBytes(runtime.random.nextBytes(UUID_BYTES)))
    private val wakeUps = WakeUps()
    private val registry = LeaseRegistry()
    private val tally = Tally()
    private val buffer = StatusLogBuffer(backend.jobs, registry, tally, backoff(), wakeUps::freed)
    private val keeper = LeaseKeeper(backend.jobs, registry, backoff(), options.heartbeatTimeout)
    private val listener = NotificationListener(backend.notifications, wakeUps, registry, ::notificationsInterrupted)

    suspend fun run(): RunReport {
        check(entrypoints.targets.isNotEmpty()) { "no entrypoint is registered: there is nothing to run" }
        backend.schema.verify()
        logStart()
        val engine = CoroutineScope(caller + runtime.engine + SupervisorJob() + CoroutineName("pgqueuer $id"))
        val handlers = CoroutineScope(caller + (options.handlerContext ?: runtime.handlers) + SupervisorJob())
        val consumers = consumers(handlers)
        val parts = Parts(
            fetching = engine.async { fetcher(consumers).run() },
            consuming = engine.launch { consumers.run() },
            writing = engine.launch { buffer.run() },
        )
        engine.launch { keeper.run() }
        engine.launch { listen() }
        engine.launch { wakeOnStop() }
        try {
            parts.fetching.await()
        } catch (e: CancellationException) {
            stop.requestImmediate()
            throw e
        } finally {
            stop.ensureRequested()
            withContext(NonCancellable) { takeApart(parts, consumers) }
            engine.cancel()
            handlers.cancel()
        }
        return tally.report()
    }

    private class Parts(
        val fetching: Deferred<Unit>,
        val consuming: Job,
        val writing: Job,
    )

    private suspend fun takeApart(parts: Parts, consumers: Consumers) {
        within(CLAIM_ENDS_WITHIN) { parts.fetching.join() } ?: parts.fetching.cancelAndJoin()
        parts.consuming.cancelAndJoin()
        consumers.releaseWaiting()
        within(options.shutdownTimeout) { awaitNoneActive(unless = stop::immediate) }
        registry.all().forEach { it.stop(StopReason.WorkerStops(it)) }
        within(CANCELLED_HANDLERS_END_WITHIN) { awaitNoneActive() }
        registry.all().filterNot(RunningJob::ended).forEach { ignoresCancellation ->
            log.warn("{} ignores its cancellation; it is given back while its handler runs on", ignoresCancellation)
            consumers.conclude(ignoresCancellation, Outcome.Released.takeUnless { ignoresCancellation.leaseGone })
        }
        buffer.close()
        within(maxOf(options.shutdownTimeout, OUTCOMES_WRITTEN_WITHIN)) { parts.writing.join() }
            ?: log.error("the outcomes of {} could not be written; these jobs run again", registry.all())
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
            notificationsInterrupted(e)
        }
    }

    private fun notificationsInterrupted(cause: Throwable) {
        if (!options.shutdownOnListenerFailure) return
        log.error("shutting down, as asked for when notifications fail: {}", cause.toString())
        stop.ensureRequested()
    }

    private fun consumers(handlers: CoroutineScope): Consumers {
        val chains = entrypoints.names.associateWith {
            HandlerChain(entrypoints[it], entrypoints.interceptors, runtime)
        }
        val runner = JobRunner(backend, entrypoints.resources, chains, FailureRecords(runtime.clock))
        return Consumers(handlers, runner, registry, buffer, tally, wakeUps, options.maxConcurrentTasks)
    }

    private fun fetcher(consumers: Consumers) = JobFetcher(
        id,
        entrypoints,
        options,
        backend.jobs,
        registry,
        buffer,
        wakeUps,
        stop,
        backoff(),
        consumers::offer,
    )

    private fun backoff() = Backoff(runtime.random)

    private fun logStart() {
        val most = options.maxConcurrentTasks?.plus(options.prefetch)
        if (most != null && options.batchSize > most) {
            log.info("batchSize {} is adjusted to {}: maxConcurrentTasks + prefetch", options.batchSize, most)
        }
        log.info("worker {} serves {} with {}", id, entrypoints.names, options)
    }

    private companion object {
        const val UUID_BYTES = 16

        /** After it, a claim that hangs is cut; what it leased expires and is claimed again. */
        val CLAIM_ENDS_WITHIN = 5.seconds
        val CANCELLED_HANDLERS_END_WITHIN = 2.seconds
        val OUTCOMES_WRITTEN_WITHIN = 5.seconds
        val log = LoggerFactory.getLogger(Worker::class.java)
    }
}
