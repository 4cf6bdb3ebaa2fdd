package io.pgqueuer.port

import io.pgqueuer.engine.BlockingThreads
import io.pgqueuer.engine.Cancellations
import io.pgqueuer.engine.HandlerThread
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.random.Random
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Clock
import kotlin.time.DurationUnit
import kotlin.time.TimeSource

/**
 * Time, chance and threads, which the engine takes from outside. The contexts add to that of the worker's caller.
 *
 * @property clock stamps failure records and events; due times and leases are decided by the store alone.
 * @property random spreads retries.
 * @property timeSource measures how much time has passed in this process; it never goes backward.
 * @property engine where claims, heartbeats and settles run. Handlers must not be able to starve it.
 * @property handlers where suspending handlers run, unless the worker's options say otherwise.
 * @property blocking where blocking handlers run.
 * @property blockingParallelism how many blocking handlers of a worker can run at once on [blocking].
 */
public class EngineRuntime private constructor(
    public val clock: Clock,
    public val random: Random,
    public val timeSource: TimeSource,
    public val engine: CoroutineContext,
    public val handlers: CoroutineContext,
    public val blocking: CoroutineContext,
    public val blockingParallelism: Int,
    internal val cancellations: Cancellations,
) {
    /**
     * Returns the context in which handlers run if the worker's options ask for [requested].
     *
     * [handlers] fills in what [requested] does not name: a context without a dispatcher leaves handlers on the threads
     * of the runtime.
     *
     * Handlers that share a thread are kept apart: each finds its thread not interrupted, and with the context class
     * loader that the thread has which calls this function.
     *
     * @throws IllegalArgumentException if [requested] has a `Job`, as the worker cancels handlers itself, or is
     * `Dispatchers.Unconfined`, which would run handlers on the engine's threads.
     */
    public fun handlersIn(requested: CoroutineContext?): CoroutineContext {
        val context = requested ?: EmptyCoroutineContext
        require(context[Job] == null) {
            "handlerContext must not have a Job, was $context: the worker starts and cancels handlers itself. " +
                "Pass a dispatcher, or context.minusKey(Job)"
        }
        require(context[ContinuationInterceptor] !== Dispatchers.Unconfined) {
            "handlerContext must not be Dispatchers.Unconfined: handlers would run on the threads that renew leases " +
                "and claim jobs. Pass a dispatcher with threads, such as Dispatchers.Default"
        }
        return handlers + context + HandlerThread(Thread.currentThread().contextClassLoader)
    }

    public companion object {
        /**
         * Runs the engine on [engine], by default threads that nothing else uses, and suspending handlers on
         * [Dispatchers.Default]. Blocking handlers run on virtual threads if the JVM has them (from Java 21), at most
         * 256 at once in a worker; otherwise on at most 64 threads that all workers of the process share.
         */
        public fun onThreads(
            clock: Clock = Clock.System,
            random: Random = Random.Default,
            engine: CoroutineContext = Dispatchers.IO.limitedParallelism(ENGINE_PARALLELISM, "pgqueuer-engine"),
            timeSource: TimeSource = TimeSource.Monotonic,
        ): EngineRuntime = EngineRuntime(
            clock,
            random,
            timeSource,
            engine,
            Dispatchers.Default,
            BlockingThreads.dispatcher,
            BlockingThreads.parallelism,
            Cancellations.ON_THREADS,
        )

        /**
         * Runs everything where the caller runs, blocking handlers too: for virtual time, one step after another.
         *
         * @param timeSource by default the time that passes on [clock].
         */
        public fun inCaller(
            clock: Clock,
            random: Random = Random.Default,
            timeSource: TimeSource = ClockTimeSource(clock),
        ): EngineRuntime = EngineRuntime(
            clock,
            random,
            timeSource,
            EmptyCoroutineContext,
            EmptyCoroutineContext,
            EmptyCoroutineContext,
            BlockingThreads.MOST_THREADS,
            Cancellations.IN_CALLER,
        )

        private const val ENGINE_PARALLELISM = 4
    }
}

private class ClockTimeSource(
    private val clock: Clock,
) : AbstractLongTimeSource(DurationUnit.NANOSECONDS) {
    private val origin = clock.now()

    override fun read(): Long = (clock.now() - origin).inWholeNanoseconds
}
