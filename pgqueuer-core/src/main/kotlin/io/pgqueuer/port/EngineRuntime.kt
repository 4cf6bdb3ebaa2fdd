package io.pgqueuer.port

import io.pgqueuer.engine.BlockingThreads
import kotlinx.coroutines.Dispatchers
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
 * @property time measures how much time has passed; it never goes backward. In virtual time it is the [clock]'s.
 * @property random spreads retries.
 * @property engine where claims, heartbeats and settles run. Handlers must not be able to starve it.
 * @property handlers where suspending handlers run, unless the worker's options say otherwise.
 * @property blocking where blocking handlers run.
 */
public class EngineRuntime private constructor(
    public val clock: Clock,
    public val time: TimeSource,
    public val random: Random,
    public val engine: CoroutineContext,
    public val handlers: CoroutineContext,
    public val blocking: CoroutineContext,
) {
    public companion object {
        /**
         * Runs the engine on [engine], by default threads that nothing else uses; suspending handlers on
         * [Dispatchers.Default]; and blocking ones on virtual threads where the JVM has them (from Java 21), else on at
         * most 64 threads that come and go.
         */
        public fun onThreads(
            clock: Clock = Clock.System,
            random: Random = Random.Default,
            engine: CoroutineContext = Dispatchers.IO.limitedParallelism(ENGINE_PARALLELISM, "pgqueuer-engine"),
        ): EngineRuntime =
            EngineRuntime(clock, TimeSource.Monotonic, random, engine, Dispatchers.Default, BlockingThreads.dispatcher)

        /** Runs all of it where the caller runs, blocking handlers too: for virtual time, one step after another. */
        public fun inCaller(clock: Clock, random: Random = Random.Default): EngineRuntime = EngineRuntime(
            clock,
            ClockTime(clock),
            random,
            EmptyCoroutineContext,
            EmptyCoroutineContext,
            EmptyCoroutineContext,
        )

        private const val ENGINE_PARALLELISM = 4
    }
}

/** The time that passes on [clock]. */
private class ClockTime(
    private val clock: Clock,
) : AbstractLongTimeSource(DurationUnit.NANOSECONDS) {
    private val origin = clock.now()

    override fun read(): Long = (clock.now() - origin).inWholeNanoseconds
}
