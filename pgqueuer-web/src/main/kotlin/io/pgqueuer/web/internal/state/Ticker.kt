package io.pgqueuer.web.internal.state

import io.pgqueuer.port.Notifications
import io.pgqueuer.port.Signal
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/**
 * Decides when pages are read again: at once when the queue notifies of a change, but at most once in [every]. After a
 * change it looks once more, since claims are not notified. A queue that is silent is read seldom, for its ages.
 *
 * @param notifications null if the store has none. Then there is a tick in each [every].
 */
internal class Ticker(
    private val notifications: Notifications?,
    private val every: Duration,
) {
    /** Why notifications do not arrive; null if they do, or if nobody collects [ticks]. */
    @Volatile
    var interruption: Throwable? = null
        private set

    fun ticks(): Flow<Unit> = channelFlow {
        val changed = Channel<Unit>(Channel.CONFLATED)
        launch { listen(changed) }
        var isChange = true
        while (true) {
            // Somewhat later than the readings become old.
            delay(every + SLACK)
            val wait = if (isChange || notifications == null || interruption != null) Duration.ZERO else every * SILENT
            isChange = withTimeoutOrNull(wait) { changed.receive() } != null
            send(Unit)
        }
    }

    private suspend fun listen(changed: Channel<Unit>) {
        try {
            notifications?.listen()?.collect { signal ->
                if (signal is Signal.Interrupted) interruption = signal.cause
                if (signal is Signal.Listening) interruption = null
                changed.trySend(Unit)
            }
        } finally {
            interruption = null
        }
    }

    private companion object {
        val SLACK = 100.milliseconds

        /** How many times longer a silent queue is left alone. */
        const val SILENT = 5
    }
}
