package io.pgqueuer.cli

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import sun.misc.Signal
import sun.misc.SignalHandler

private val STOPPING = listOf("HUP", "INT", "TERM")

/**
 * Passes SIGHUP, SIGINT and SIGTERM to [block] while it runs, instead of ending the process.
 *
 * Uses signal handlers, not a shutdown hook: only with them can the process choose its exit code and see a second
 * signal. Signals that arrive before [block] receives are kept for it.
 *
 * A signal that the process was started to ignore stays ignored: `nohup` does that to SIGHUP, and a script's `&` to
 * SIGINT. The JVM cannot change it.
 *
 * @param onIgnored is called with each signal that stays ignored; default: nobody is told.
 */
internal suspend fun <T> withStopSignals(
    onIgnored: (Signal) -> Unit = {},
    block: suspend (ReceiveChannel<Signal>) -> T,
): T {
    val received = Channel<Signal>(Channel.UNLIMITED)
    val handler = SignalHandler { received.trySend(it) }
    val replaced = STOPPING.mapNotNull(::signalOrNull).map { it to Signal.handle(it, handler) }
    replaced.filter { (_, previous) -> previous == SignalHandler.SIG_IGN }.forEach { (signal, _) -> onIgnored(signal) }
    try {
        return block(received)
    } finally {
        replaced.forEach { (signal, previous) -> Signal.handle(signal, previous) }
    }
}

/** Windows has no SIGHUP. */
private fun signalOrNull(name: String): Signal? = try {
    Signal(name)
} catch (_: IllegalArgumentException) {
    null
}
