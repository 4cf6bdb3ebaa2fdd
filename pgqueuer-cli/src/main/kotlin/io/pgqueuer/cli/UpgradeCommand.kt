package io.pgqueuer.cli

import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.nullableFlag
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.mordant.terminal.YesNoPrompt
import io.pgqueuer.UpgradeStep
import io.pgqueuer.exposed.PostgresSchema

internal class UpgradeCommand : SchemaCommand(
    "upgrade",
    "Add what this version needs to the tables of an older version, or of Python PgQueuer. Jobs are kept.",
) {
    private val plan by option().flag().help("print the SQL that this upgrade would run now, and change nothing")
    private val yes by option().flag().help("do not ask before tables are rewritten")
    private val pythonIndexes by option()
        .nullableFlag("--no-python-indexes")
        .help(PYTHON_INDEXES_HELP + ", or drop them (default: leave them as they are)")

    override fun sql(schema: PostgresSchema) = schema.upgradeSql() + when (pythonIndexes) {
        true -> schema.pythonIndexesSql()
        false -> schema.pythonIndexesRollbackSql()
        null -> ""
    }

    override suspend fun change(): String = withBackend { backend ->
        val steps = backend.schema.upgradePlan(pythonIndexes == true)
        if (plan) {
            shown(steps)
        } else {
            if (!yes) confirmRewrites(steps)
            backend.schema.upgrade(pythonIndexes == true)
            if (pythonIndexes == false) backend.schema.removePythonIndexes()
            "up to date"
        }
    }

    private fun shown(steps: List<UpgradeStep>): String {
        val dropped = listOfNotNull(schema().pythonIndexesRollbackSql().takeIf { pythonIndexes == false })
        return (steps.map { it.sql } + dropped).ifEmpty { listOf("-- up to date") }.joinToString("\n\n")
    }

    /** @throws CommandException if tables would be rewritten, and the user does not want that or cannot be asked. */
    private fun confirmRewrites(steps: List<UpgradeStep>) {
        val rewrites = steps.filter { it.rewrites }
        if (rewrites.isEmpty()) return
        echo(rewrites.joinToString("\n") { it.sql }, err = true)
        if (!terminal.terminalInfo.inputInteractive) {
            throw CommandException("the upgrade rewrites tables; run it with --yes if that is wanted now")
        }
        if (YesNoPrompt("Upgrade now?", terminal, default = false).ask() != true) {
            throw CommandException("not upgraded")
        }
    }

    internal companion object {
        const val PYTHON_INDEXES_HELP = "add the indexes that Python PgQueuer's workers need beside long queues"
    }
}
