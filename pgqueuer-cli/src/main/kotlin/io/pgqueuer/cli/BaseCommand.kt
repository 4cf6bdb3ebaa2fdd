package io.pgqueuer.cli

import com.github.ajalt.clikt.command.SuspendingCliktCommand
import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.UsageError

/**
 * A command of `pgq`.
 *
 * @param help says what it does.
 * @property examples command lines that people type, as `pgq verify --json`; at least one. The help ends with them.
 */
internal abstract class BaseCommand(
    name: String,
    private val help: String,
    val examples: List<String>,
) : SuspendingCliktCommand(name) {
    init {
        require(examples.isNotEmpty()) { "command $name has no example" }
    }

    /** Returns an error about the command line, which ends the command with the exit code 2. */
    protected fun usageError(message: String) = UsageError(message).apply { context = currentContext }

    /** Checks that a command which acts on entrypoints, or with `--all` on the whole queue, was told on which. */
    protected fun requireWhat(entrypoints: List<String>, all: Boolean) {
        if (entrypoints.isEmpty() && !all) throw usageError("name the entrypoints, or use --all")
        if (entrypoints.isNotEmpty() && all) throw usageError("use either entrypoints or --all, not both")
    }

    final override fun help(context: Context) = help

    /** What the help says before the examples. */
    protected open fun remarks(): String = ""

    final override fun helpEpilog(context: Context) =
        listOf(remarks(), examples.joinToString("\n", "Examples:\n") { "  $it" })
            .filter(String::isNotEmpty)
            .joinToString("\n\n")
}
