package io.pgqueuer.cli.schema

import com.github.ajalt.clikt.parameters.groups.OptionGroup
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.nullableFlag
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.Backend
import io.pgqueuer.PythonIndexes
import io.pgqueuer.UpgradeStep
import io.pgqueuer.cli.Confirmation
import io.pgqueuer.exposed.PostgresSchema

internal class UpgradeCommand(
    printsSql: Boolean = false,
) : SchemaCommand(
    "upgrade",
    "Add what this version needs to the tables of an older version, or of Python PgQueuer. Jobs are kept.",
    examples = listOf("pgq upgrade --plan", "pgq upgrade --python-indexes", "pgq upgrade --yes"),
    sqlExample = "pgq sql upgrade > V2__pgqueuer.sql",
    printsSql,
) {
    private class PlanOptions : OptionGroup() {
        val plan by option().flag()
            .help("print the SQL that this upgrade would run now, with the locks that it takes, and change nothing")
        val json by option().flag().help("print the plan as one JSON object for each step; needs --plan")
    }

    private val plan = onlyToMake(PlanOptions())
    private val confirmation = onlyToMake(Confirmation())
    private val pythonIndexes by option()
        .nullableFlag("--no-python-indexes")
        .help("$PYTHON_INDEXES_HELP, or drop them (default: leave them as they are)")

    private val wanted get() = when (pythonIndexes) {
        true -> PythonIndexes.ADD
        false -> PythonIndexes.DROP
        null -> PythonIndexes.KEEP
    }

    override fun sql(schema: PostgresSchema) = schema.upgradeSql() + when (wanted) {
        PythonIndexes.ADD -> schema.pythonIndexesSql()
        PythonIndexes.DROP -> schema.pythonIndexesRollbackSql()
        PythonIndexes.KEEP -> ""
    }

    override suspend fun make() {
        if (plan.json && !plan.plan) throw usageError("--json needs --plan")
        withBackend { backend ->
            val steps = backend.schema.upgradePlan(wanted)
            if (plan.plan) return@withBackend show(backend, steps)
            confirmation.askIfRewriting(backend, steps)
            backend.schema.upgrade(wanted)
            echo("up to date")
        }
    }

    private suspend fun show(backend: Backend, steps: List<UpgradeStep>) {
        val text = PlanText(backend.insights.tableSizes())
        if (plan.json && steps.isEmpty()) return echo("up to date", err = true)
        (if (plan.json) text.json(steps) else text.sql(steps)).forEach { echo(it) }
    }

    internal companion object {
        const val PYTHON_INDEXES_HELP = "add the indexes that Python PgQueuer's workers need beside long queues"
    }
}
