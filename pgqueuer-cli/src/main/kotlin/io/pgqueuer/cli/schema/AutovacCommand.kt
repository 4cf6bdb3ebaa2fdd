package io.pgqueuer.cli.schema

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.cli.toDataSource
import io.pgqueuer.exposed.PostgresSchema
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import java.sql.Connection

internal class AutovacCommand(
    printsSql: Boolean = false,
) : SchemaCommand(
    "autovac",
    "Let PostgreSQL vacuum the tables as often as a queue needs it. Workers can go on meanwhile.",
    examples = listOf("pgq autovac", "pgq autovac --rollback"),
    sqlExample = "pgq sql autovac",
    printsSql,
) {
    private val rollback by option().flag().help("go back to the settings of the server")

    override fun sql(schema: PostgresSchema) = if (rollback) schema.autovacuumRollbackSql() else schema.autovacuumSql()

    override suspend fun make() {
        val tables = withBackend { backend ->
            backend.schema.verify()
            backend.insights.tableSizes().map { it.table }
        }
        val (before, after) = runInterruptible(Dispatchers.IO) {
            settings().toDataSource().connection.use { connection ->
                val before = connection.parameters(tables)
                connection.createStatement().use { it.execute(sql(schema())) }
                before to connection.parameters(tables)
            }
        }
        (after - before).forEach { echo(it) }
        (before.map(::name) - after.map(::name).toSet()).forEach { echo("$it: as the server's") }
        if (before == after) echo("nothing to change")
    }

    /** The parameters of these tables, as in `pgqueuer.autovacuum_vacuum_threshold=5000`. */
    private fun Connection.parameters(tables: List<String>): Set<String> = prepareStatement(
        "SELECT concat_ws('.', relname, unnest(reloptions)) FROM pg_class " +
            "JOIN unnest(?::text[]) AS wanted (name) ON oid = to_regclass(name) ORDER BY 1",
    ).use { statement ->
        val schema = settings().schema?.let { "\"$it\"." }.orEmpty()
        statement.setArray(1, createArrayOf("text", tables.map { schema + it }.toTypedArray()))
        val rows = statement.executeQuery()
        buildSet { while (rows.next()) add(rows.getString(1)) }
    }

    private fun name(parameter: String) = parameter.substringBefore('=')
}
