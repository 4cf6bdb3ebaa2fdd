package io.pgqueuer.cli

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import sun.misc.Signal
import sun.misc.SignalHandler

/**
 * Passes SIGINT and SIGTERM to [block] while it runs, instead of ending the process.
 *
 * Uses signal handlers, not a shutdown hook: only with them can the process choose its exit code and see a second signal.
 * Signals that arrive before [block] receives are kept for it.
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
