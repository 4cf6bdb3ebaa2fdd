package io.pgqueuer.cli

import com.github.ajalt.clikt.command.SuspendingCliktCommand
import com.github.ajalt.clikt.core.ProgramResult
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlin.system.exitProcess

/**
 * Runs [block]. A signal cancels it and, once everything is removed, ends the command with the exit code of the signal.
 * A second signal does not wait for that.
 *
 * @param what names what is ended, for people.
 */
internal suspend fun <T> SuspendingCliktCommand.interruptible(what: String, block: suspend () -> T): T =
    withStopSignals { signals ->
        coroutineScope {
            val work = async(Dispatchers.Default) { runCatching { block() } }
            val signal = select {
                signals.onReceive { it }
                // Ctrl-C also ends the processes that the command has started: a failure that follows does not count.
                work.onJoin { signals.tryReceive().getOrNull() }
            }
            if (signal != null) {
                val exitCode = ExitCode.ofSignal(signal.number)
                echo("SIG${signal.name}: ending the $what", err = true)
                val impatient = launch(Dispatchers.Default) {
                    signals.receive()
                    exitProcess(exitCode)
                }
                work.cancelAndJoin()
                impatient.cancel()
                throw ProgramResult(exitCode)
            }
            work.await().getOrThrow()
        }
    }
