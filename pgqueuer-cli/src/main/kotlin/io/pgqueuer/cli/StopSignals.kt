package io.pgqueuer.cli

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import sun.misc.Signal
import sun.misc.SignalHandler

/**
 * Hands SIGINT and SIGTERM to [block] in place of their default, the end of the process, while it runs.
 *
 * Signal handlers and not a shutdown hook: only they let the process choose its exit code and tell a second signal.
 * Signals that come before [block] receives are kept for it.
 */
internal suspend fun <T> withStopSignals(block: suspend (ReceiveChannel<Signal>) -> T): T {
    val received = Channel<Signal>(Channel.UNLIMITED)
    val handler = SignalHandler { received.trySend(it) }
    val replaced = listOf("INT", "TERM").map(::Signal).map { it to Signal.handle(it, handler) }
    try {
        return block(received)
    } finally {
        replaced.forEach { (signal, previous) -> Signal.handle(signal, previous) }
    }
}
