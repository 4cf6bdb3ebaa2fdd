package io.pgqueuer.cli

import com.github.ajalt.clikt.command.SuspendingCliktCommand
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.selects.select

/**
 * Runs [block] until it ends, or until a signal cancels it. Either way the command goes on, and ends with 0: that is how
 * a service ends.
 */
internal suspend fun SuspendingCliktCommand.untilStopped(block: suspend () -> Unit) = withStopSignals { signals ->
    coroutineScope {
        val serving = async(Dispatchers.Default) { runCatching { block() } }
        select {
            serving.onAwait { it.getOrThrow() }
            signals.onReceive { signal ->
                echo("SIG${signal.name}: stopping", err = true)
                serving.cancelAndJoin()
            }
        }
    }
}
