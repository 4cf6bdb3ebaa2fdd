package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.PythonIndexes
import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaDifference
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
    private val propertyChanges = PropertyChanges(names)

    override suspend fun install(properties: QueueProperties) = changing { connection ->
        val found = find(connection)
        when {
            found.allIsThere -> Unit
            found.nothingIsThere -> connection.run(schema.installSql(properties))
            else -> throw found.failure()
        }
    }

    override suspend fun upgrade(pythonIndexes: PythonIndexes) = changing { connection ->
        plan(connection, pythonIndexes).forEach { connection.make(it) }
        require(connection)
    }

    override suspend fun upgradePlan(pythonIndexes: PythonIndexes): List<UpgradeStep> =
        transactions.own { plan(it, pythonIndexes) }

    /** @throws SchemaException if nothing is there, or more is missing than an upgrade adds. */
    private fun plan(connection: Connection, pythonIndexes: PythonIndexes): List<UpgradeStep> {
        val catalog = Catalog.read(connection, names)
        val found = check.of(catalog)
        if (!found.isUpgradable) throw found.failure()
        return (changes.all + changes.of(pythonIndexes)).flatMap { it.steps(catalog) }
    }

    override suspend fun uninstall() = changing { it.run(schema.uninstallSql()) }

    override suspend fun properties(): QueueProperties = transactions.own { connection ->
        require(connection)
        properties.run(connection)
    }

    override suspend fun change(properties: QueueProperties) = changing { connection ->
        plan(connection, properties).forEach { connection.make(it) }
    }

    override suspend fun changePlan(properties: QueueProperties): List<UpgradeStep> =
        transactions.own { plan(it, properties) }

    private fun plan(connection: Connection, properties: QueueProperties): List<UpgradeStep> {
        val catalog = require(connection)
        return propertyChanges.steps(catalog, before = this.properties.run(connection), after = properties)
    }

    override suspend fun verify(): List<SchemaDifference> = transactions.own { connection ->
        val found = find(connection)
        if (!found.allIsThere) throw found.failure()
        found.warnings
    }

    override suspend fun verifyAbsent() = transactions.own { connection ->
        val found = find(connection)
        if (!found.nothingIsThere) throw found.presence()
    }

    private fun find(connection: Connection) = check.of(Catalog.read(connection, names))

    private fun require(connection: Connection): Catalog {
        val catalog = Catalog.read(connection, names)
        val found = check.of(catalog)
        if (!found.allIsThere) throw found.failure()
        return catalog
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
