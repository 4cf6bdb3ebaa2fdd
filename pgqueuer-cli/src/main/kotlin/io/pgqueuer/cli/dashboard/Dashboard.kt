package io.pgqueuer.cli.dashboard

import com.github.ajalt.mordant.input.RawModeScope
import io.pgqueuer.Backend
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.PgQueuerException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeSource

/** The dashboard in a terminal: reads the queue every [interval], draws, and follows the keys. */
internal class Dashboard(
    private val backend: Backend,
    private val terminal: RawModeScope,
    private val canvas: Canvas,
    private val screen: Screen,
    private val interval: Duration,
) {
    private val reader = Reader(backend)
    private val keys = Channel<Key>(Channel.UNLIMITED)
    private var state = State()
    private var content: Content? = null

    /** Runs until the user quits. */
    suspend fun run() = coroutineScope {
        val typing = launch(Dispatchers.IO) { readKeys() }
        draw()
        read()
        var next = TimeSource.Monotonic.markNow() + interval
        while (true) {
            draw()
            val key = nextKey(-next.elapsedNow())
            val shown = state.view
            if (key != null && !follow(key)) break
            if (state.view != shown) content = null
            if (content == null || (next.hasPassedNow() && !state.isPaused)) read()
            if (next.hasPassedNow()) next = TimeSource.Monotonic.markNow() + interval
        }
        typing.cancel()
    }

    private suspend fun readKeys() = coroutineScope {
        while (isActive) {
            runInterruptible { terminal.readKeyOrNull(KEY_WAIT) }?.let(Key::of)?.forEach { keys.send(it) }
        }
    }

    /** Not by `withTimeoutOrNull`: it loses a key that arrives at that moment. */
    @OptIn(ExperimentalCoroutinesApi::class)
    private suspend fun nextKey(timeout: Duration): Key? = select {
        keys.onReceive { it }
        onTimeout(timeout) { null }
    }

    /** Returns false if the user quits. */
    private suspend fun follow(key: Key): Boolean {
        when (val reaction = state.on(key, content)) {
            Reaction.Quit -> return false

            is Reaction.To -> {
                state = reaction.state
                reaction.confirmed?.let { change(it) }
            }
        }
        return true
    }

    private suspend fun change(confirmed: Question) {
        val ids = listOf(confirmed.job)
        val verb = confirmed.change.verb
        val message = try {
            val changed = when (confirmed.change) {
                Change.REQUEUE -> backend.queue.requeue(ids)
                Change.CANCEL -> backend.queue.cancel(ids)
            }
            val outcome = if (changed.isEmpty()) "not done, its status has changed" else "done"
            "$verb job ${confirmed.job}: $outcome"
        } catch (e: DuplicateJobException) {
            "job ${confirmed.job} cannot be requeued: its dedupe key ${e.keys.first()} is taken by another job"
        } catch (e: PgQueuerException) {
            "${e.message}"
        }
        read()
        state = state.copy(message = message)
    }

    /** A failure is shown, and the next read tries again. */
    private suspend fun read() {
        try {
            content = reader.read(state.view)
            if (state.message?.startsWith(NOT_READ) == true) state = state.copy(message = null)
        } catch (e: PgQueuerException) {
            state = state.copy(message = NOT_READ + e.message)
        }
    }

    private fun draw() = canvas.draw(screen.live(state, content, canvas.height))

    private companion object {
        val KEY_WAIT = 100.milliseconds
        const val NOT_READ = "not read: "
    }
}
