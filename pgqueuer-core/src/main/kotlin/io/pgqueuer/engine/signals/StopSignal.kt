package io.pgqueuer.engine.signals

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update

/** How far a worker was asked to stop; it only ever goes forward. */
internal class StopSignal {
    private val level = MutableStateFlow(Level.NONE)

    val requested: Boolean get() = level.value >= Level.GRACEFUL

    /** Whether handlers should not be waited for. */
    val immediate: Boolean get() = level.value == Level.IMMEDIATE

    /** Asks to stop; asked again, to stop without waiting for handlers. */
    fun request() {
        level.update { if (it == Level.NONE) Level.GRACEFUL else Level.IMMEDIATE }
    }

    /** Sees to it that a stop is requested, without making it more urgent. */
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
