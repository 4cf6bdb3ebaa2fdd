package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.exposed.PostgresSchema
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible

internal class AutovacCommand : SchemaCommand(
    "autovac",
    "Let PostgreSQL vacuum the tables as often as a queue needs it. Workers can go on meanwhile.",
) {
    private val rollback by option().flag().help("go back to the settings of the server")

    override fun sql(schema: PostgresSchema) = if (rollback) schema.autovacuumRollbackSql() else schema.autovacuumSql()

    override suspend fun change(): String {
        withBackend { it.schema.verify() }
        runInterruptible(Dispatchers.IO) {
            settings().toDataSource().connection.use { connection ->
                connection.createStatement().use { it.execute(sql(schema())) }
            }
        }
        return if (rollback) "autovac: settings of the server" else "autovac: settings of a queue"
    }
}
