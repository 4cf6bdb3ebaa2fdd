package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaException
import io.pgqueuer.SchemaManager
import io.pgqueuer.UpgradeStep
import io.pgqueuer.exposed.PostgresSchema
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.run
import java.sql.Connection
import java.sql.SQLException

internal class PostgresSchemaManager(
    private val schema: PostgresSchema,
    private val names: Names,
    private val transactions: Transactions,
) : SchemaManager {
    private val check = SchemaCheck(names)
    private val changes = Changes(names)
    private val properties = PropertiesQuery(names)

    override suspend fun install(properties: QueueProperties) = changing { connection ->
        val found = find(connection)
        when {
            found.allIsThere -> Unit
            found.nothingIsThere -> connection.run(schema.installSql(properties))
            else -> throw SchemaException(found.explain())
        }
    }

    override suspend fun upgrade(pythonIndexes: Boolean) = changing { connection ->
        plan(connection, pythonIndexes).forEach { connection.make(it) }
        require(connection)
    }

    override suspend fun upgradePlan(pythonIndexes: Boolean): List<UpgradeStep> =
        transactions.own { plan(it, pythonIndexes) }

    /** @throws SchemaException if nothing is there, or more is missing than an upgrade adds. */
    private fun plan(connection: Connection, pythonIndexes: Boolean): List<UpgradeStep> {
        val catalog = Catalog.read(connection, names)
        val found = check.of(catalog)
        if (found.nothingIsThere || !found.isUpgradable) throw SchemaException(found.explain())
        val wanted = changes.all + if (pythonIndexes) changes.pythonIndexes else emptyList()
        return wanted.filter { it.isNeeded(catalog) }.map { it.step() }
    }

    override suspend fun removePythonIndexes() = changing { connection ->
        require(connection)
        connection.run(schema.pythonIndexesRollbackSql())
    }

    override suspend fun uninstall() = changing { it.run(schema.uninstallSql()) }

    override suspend fun properties(): QueueProperties = transactions.own { connection ->
        require(connection)
        properties.run(connection)
    }

    override suspend fun change(properties: QueueProperties) = changing { connection ->
        require(connection)
        val before = this.properties.run(connection)
        with(properties) {
            if (durability != before.durability) connection.run(schema.durabilitySql(durability))
            if (logLevel != before.logLevel) connection.run(schema.logLevelSql(logLevel))
            if (notifications != before.notifications) connection.run(schema.notificationsSql(notifications))
        }
    }

    override suspend fun verify(): List<String> = transactions.own { connection ->
        require(connection)
        check.warnings(Catalog.read(connection, names))
    }

    override suspend fun verifyAbsent() = transactions.own { connection ->
        val found = find(connection)
        if (!found.nothingIsThere) throw SchemaException(found.explainPresence())
    }

    private fun find(connection: Connection) = check.of(Catalog.read(connection, names))

    private fun require(connection: Connection) {
        val found = find(connection)
        if (!found.allIsThere) throw SchemaException(found.explain())
    }

    /** Runs [block] in a transaction. Only one install, upgrade, change or uninstall runs at a time in a database. */
    private suspend fun changing(block: (Connection) -> Unit) = transactions.own { connection ->
        connection.run(TRANSACTION)
        connection.query(LOCK) { }
        block(connection)
    }

    private fun Connection.make(step: UpgradeStep) = try {
        run(step.sql)
    } catch (e: SQLException) {
        if (e.sqlState != UNIQUE_VIOLATION) throw e
        throw SchemaException(
            "rows that are there already stand against a unique index: ${e.message}; remove the duplicates",
        )
    }

    private companion object {
        /**
         * Each statement must see what others committed while this one waited for the lock, whatever the server's
         * default isolation. Building an index can take longer than the server's statement timeout.
         */
        const val TRANSACTION = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0"
        const val LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('pgqueuer schema', 0))"
        const val UNIQUE_VIOLATION = "23505"
    }
}
