@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.random.Random
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Clock
import kotlin.time.DurationUnit
import kotlin.time.TimeSource

/**
 * The time, randomness and threads that the engine uses. The contexts are added to the context of the worker's caller.
 *
 * @property clock stamps failure records and events. The store alone decides about due times and leases.
 * @property random spreads retries.
 * @property timeSource measures how much time has passed in this process; it never goes backward.
 * @property engine where claims, heartbeats and settles run. Handlers must not be able to starve it.
 * @property handlers where suspending handlers run, unless the worker's options say otherwise.
 * @property blocking where blocking handlers run.
 * @property blockingParallelism how many blocking handlers of a worker can run at once on [blocking].
 */
@PgQueuerSpi
public class EngineRuntime private constructor(
    public val clock: Clock,
    public val random: Random,
    public val timeSource: TimeSource,
    public val engine: CoroutineContext,
    public val handlers: CoroutineContext,
    public val blocking: CoroutineContext,
    public val blockingParallelism: Int,
    internal val isInCaller: Boolean,
) {
    public companion object {
        /**
         * Runs the engine on [engine], by default threads that nothing else uses, and suspending handlers on
         * [Dispatchers.Default]. Blocking handlers run on virtual threads if the JVM has them (from Java 21), at most
         * 256 at once in a worker; otherwise on at most 64 threads that all workers of the process share.
         */
        public fun onThreads(
            clock: Clock = Clock.System,
            random: Random = Random.Default,
            engine: CoroutineContext = Dispatchers.IO.limitedParallelism(ENGINE_PARALLELISM),
            timeSource: TimeSource = TimeSource.Monotonic,
        ): EngineRuntime = EngineRuntime(
            clock,
            random,
            timeSource,
            engine,
            Dispatchers.Default,
            BlockingThreads.dispatcher,
            BlockingThreads.parallelism,
            isInCaller = false,
        )

        /**
         * Runs everything in the caller's context, one step after another, blocking handlers too. For virtual time.
         *
         * @param timeSource default: measures the time that passes on [clock].
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
            isInCaller = true,
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
