package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.exposed.PostgresSchema
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible

internal class AutovacCommand : PgqCommand(
    "autovac",
    "Have the tables vacuumed as often as a queue needs it; workers go on meanwhile.",
) {
    private val rollback by option().flag().help("take it back")
    private val dryRun by option().flag().help("print the SQL, and connect to nothing")

    override suspend fun run() {
        val settings = settings()
        val schema = PostgresSchema(settings.prefix, settings.schema)
        val sql = if (rollback) schema.autovacuumRollbackSql() else schema.autovacuumSql()
        if (dryRun) return echo(sql, trailingNewline = false)
        withBackend { it.schema.verify() }
        runInterruptible(Dispatchers.IO) {
            settings.toDataSource().connection.use { connection ->
                connection.createStatement().use { it.execute(sql) }
            }
        }
        echo(if (rollback) "autovac: as the server has it" else "autovac: often")
    }
}
