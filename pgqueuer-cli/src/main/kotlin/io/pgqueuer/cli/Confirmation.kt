package io.pgqueuer.cli

import com.github.ajalt.clikt.command.SuspendingCliktCommand
import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.mordant.terminal.YesNoPrompt

/**
 * Asks [question], unless [yes] answers it.
 *
 * @throws CommandException if the answer is no, or if nobody can be asked.
 */
internal fun SuspendingCliktCommand.confirm(question: String, yes: Boolean) {
    if (yes) return
    if (!terminal.terminalInfo.inputInteractive) {
        throw CommandException("nothing was changed: nobody can be asked without a terminal; use --yes if it is wanted")
    }
    if (YesNoPrompt(question, terminal, default = false).ask() != true) throw CommandException("nothing was changed")
}
