package io.pgqueuer.port

import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.random.Random
import kotlin.time.Clock

/**
 * Time, chance and threads, which the engine takes from outside.
 *
 * @property clock stamps failure records and events; due times and leases are decided by the store alone.
 * @property random spreads retries.
 * @property engine where claims, heartbeats and settles run, in addition to the caller's context. Handlers must not be
 * able to starve it.
 * @property handlers where handlers run unless a worker says otherwise, in addition to the caller's context.
 */
public class EngineRuntime(
    public val clock: Clock = Clock.System,
    public val random: Random = Random.Default,
    public val engine: CoroutineContext = EmptyCoroutineContext,
    public val handlers: CoroutineContext = EmptyCoroutineContext,
)
