package io.pgqueuer.cli

import com.github.ajalt.clikt.completion.CompletionGenerator
import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.types.choice

internal class CompletionCommand :
    BaseCommand(
        "completion",
        "Print a script that completes commands and options of pgq in a shell.",
        examples = listOf("pgq completion bash > ~/.local/share/bash-completion/completions/pgq", "pgq completion zsh"),
    ) {
    private val shell by argument("SHELL").choice("bash", "zsh", "fish")

    override suspend fun run() {
        val pgq = checkNotNull(currentContext.parent).command
        echo(CompletionGenerator.generateCompletionForCommand(pgq, shell))
    }
}
