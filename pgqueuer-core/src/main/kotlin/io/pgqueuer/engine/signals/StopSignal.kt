package io.pgqueuer.engine.signals

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update

/** How far a worker was asked to stop. It never goes back to a weaker request. */
internal class StopSignal {
    private val level = MutableStateFlow(Level.NONE)

    val requested: Boolean get() = level.value >= Level.GRACEFUL

    /** Whether the worker should stop without waiting for handlers. */
    val immediate: Boolean get() = level.value == Level.IMMEDIATE

    /** Asks the worker to stop. A second call asks it to stop without waiting for handlers. */
    fun request() {
        level.update { if (it == Level.NONE) Level.GRACEFUL else Level.IMMEDIATE }
    }

    /** Makes sure that a stop is requested, without making it more urgent. */
    fun ensureRequested() {
        level.compareAndSet(Level.NONE, Level.GRACEFUL)
    }

    fun requestImmediate() {
        level.value = Level.IMMEDIATE
    }

    suspend fun awaitRequested() {
        level.first { it >= Level.GRACEFUL }
    }

    suspend fun awaitImmediate() {
        level.first { it == Level.IMMEDIATE }
    }

    private enum class Level { NONE, GRACEFUL, IMMEDIATE }
}
