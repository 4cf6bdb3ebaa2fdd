package io.pgqueuer.cli

import com.github.ajalt.clikt.core.BaseCliktCommand
import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.clikt.parameters.groups.OptionGroup
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option

/**
 * Asks before a command does what cannot be undone, or what stops others for long. The command has the option `--yes`,
 * with which nobody is asked:
 *
 * ```
 * private val confirmation by Confirmation()
 *
 * confirmation.ask(this, "Remove the schedules?") { listOf("nightly  0 3 * * *") }
 * ```
 */
internal class Confirmation : OptionGroup() {
    private val yes by option().flag().help("do not ask; needed where no terminal is attached")

    /**
     * Shows the lines of [preview] and asks [question]. All of it goes to stderr. With `--yes`, it does nothing.
     *
     * @throws CommandException if the answer is not yes, or if there is no terminal to ask on.
     */
    suspend fun ask(command: BaseCliktCommand<*>, question: String, preview: suspend () -> List<String>) {
        if (yes) return
        preview().forEach { command.echo(it, err = true) }
        if (!command.terminal.terminalInfo.inputInteractive) {
            throw CommandException("nothing is changed: no terminal is attached to ask '$question'; confirm with --yes")
        }
        command.echo("$question [y/N] ", trailingNewline = false, err = true)
        val answer = command.terminal.readLineOrNull(hideInput = false).orEmpty().trim().lowercase()
        if (answer !in YES) throw CommandException("nothing is changed")
    }

    private companion object {
        val YES = setOf("y", "yes")
    }
}
