package io.pgqueuer.cli

import com.github.ajalt.clikt.command.SuspendingCliktCommand
import com.github.ajalt.clikt.completion.CompletionGenerator
import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.types.choice

internal class CompletionCommand : SuspendingCliktCommand("completion") {
    private val shell by argument("SHELL").choice("bash", "zsh", "fish")

    override fun help(context: Context) = "Print a script that completes commands and options of pgq in a shell."

    override suspend fun run() {
        val pgq = checkNotNull(currentContext.parent).command
        echo(CompletionGenerator.generateCompletionForCommand(pgq, shell))
    }
}
