package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.exposed.PostgresSchema
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible

internal class AutovacCommand : SchemaCommand(
    "autovac",
    "Have the tables vacuumed as often as a queue needs it; workers go on meanwhile.",
) {
    private val rollback by option().flag().help("take it back")

    override fun sql(schema: PostgresSchema) = if (rollback) schema.autovacuumRollbackSql() else schema.autovacuumSql()

    override suspend fun change(): String {
        withBackend { it.schema.verify() }
        runInterruptible(Dispatchers.IO) {
            settings().toDataSource().connection.use { connection ->
                connection.createStatement().use { it.execute(sql(schema())) }
            }
        }
        return if (rollback) "autovac: as the server has it" else "autovac: often"
    }
}
