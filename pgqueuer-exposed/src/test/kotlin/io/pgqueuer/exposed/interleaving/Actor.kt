@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.exposed.interleaving

import io.pgqueuer.exposed.PostgresBackend
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.withTimeout
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** Runs one operation on PostgreSQL, on the connection of [backend]. */
internal class Actor(
    val of: Numbered,
    private val backend: PostgresBackend,
    private val gates: Gates,
) {
    enum class State { NOT_STARTED, STOPPED, WAITS, ENDED }

    var state = State.NOT_STARTED
        private set

    /** Those that were open when this one began, that is, had begun and not ended. */
    var beside: List<Actor> = emptyList()
        private set

    /** Those that had ended when this one began. */
    var after: List<Actor> = emptyList()
        private set

    /** Whether one of its transactions has committed. */
    var hasCommitted = false
        private set

    /** Whether its transaction was made to fail. */
    var isUndone = false
        private set

    private lateinit var call: Deferred<Result<Reply>>

    val isOpen get() = state == State.STOPPED || state == State.WAITS

    /** What the operation returned or threw, once it has ended. */
    val result: Result<Reply> get() = call.getCompleted()

    fun start(scope: CoroutineScope, prepared: Preparation, all: List<Actor>) {
        beside = all.filter { it.isOpen }
        after = all.filter { it.state == State.ENDED }
        val stage = prepared.stage(backend)
        call = scope.async(Dispatchers.IO) { runCatching { of.operation.run(stage, worker(of.number)) } }
    }

    fun commit() {
        hasCommitted = true
        gates.commit(of.number)
    }

    /** Makes its transaction fail, and waits for the end of it. */
    suspend fun undo() {
        isUndone = true
        gates.fail(of.number)
        withTimeout(LONGEST) { call.join() }
    }

    /** Waits until this has ended, stops at its commit, or waits for the transaction of another actor. */
    fun await() {
        val began = TimeSource.Monotonic.markNow()
        do {
            state = look() ?: continue
            return
        } while (began.elapsedNow() < LONGEST)
        error(
            "$of neither ends nor stops; an operation that must not wait may wait for another one:\n${gates.describe()}",
        )
    }

    private fun look(): State? = if (call.isCompleted) {
        State.ENDED
    } else {
        when (gates.stateOf(of.number)) {
            Gates.State.STOPPED -> State.STOPPED
            Gates.State.WAITS_FOR_OTHER -> State.WAITS.takeIf { of.operation.waits }
            Gates.State.RUNS -> null
        }
    }

    private companion object {
        val LONGEST = 30.seconds
    }
}
