package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaException
import io.pgqueuer.SchemaManager
import io.pgqueuer.exposed.PostgresSchema
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.sql.run
import java.sql.Connection

internal class PostgresSchemaManager(
    private val schema: PostgresSchema,
    names: Names,
    private val transactions: Transactions,
) : SchemaManager {
    private val inspection = SchemaInspection(names)
    private val properties = PropertiesQuery(names)

    /** Allows one install, upgrade or uninstall at a time in a database. */
    private val lock = "SELECT pg_advisory_xact_lock(hashtextextended('pgqueuer schema', 0))"

    override suspend fun install(properties: QueueProperties) = transactions.own { connection ->
        connection.run(lock)
        val found = inspection.run(connection)
        when {
            found.allIsThere -> Unit
            found.nothingIsThere -> connection.run(schema.installSql(properties))
            else -> throw SchemaException(found.explain())
        }
    }

    override suspend fun upgrade() = transactions.own { connection ->
        connection.run(lock)
        val found = inspection.run(connection)
        if (found.nothingIsThere) throw SchemaException(found.explain())
        if (!found.allIsThere) {
            if (found.lacksOnlyAdditions) connection.run(schema.upgradeSql())
            val left = inspection.run(connection)
            if (!left.allIsThere) throw SchemaException(left.explain())
        }
    }

    override suspend fun uninstall() = transactions.own { connection ->
        connection.run(lock)
        connection.run(schema.uninstallSql())
    }

    override suspend fun properties(): QueueProperties = transactions.own { connection ->
        verify(connection)
        properties.run(connection)
    }

    override suspend fun change(properties: QueueProperties) = transactions.own { connection ->
        connection.run(lock)
        verify(connection)
        val before = this.properties.run(connection)
        with(properties) {
            if (durability != before.durability) connection.run(schema.durabilitySql(durability))
            if (logLevel != before.logLevel) connection.run(schema.logLevelSql(logLevel))
            if (notifications != before.notifications) connection.run(schema.notificationsSql(notifications))
        }
    }

    override suspend fun verify() = transactions.own(::verify)

    private fun verify(connection: Connection) {
        val found = inspection.run(connection)
        if (!found.allIsThere) throw SchemaException(found.explain())
    }

    override suspend fun verifyAbsent() = transactions.own { connection ->
        val found = inspection.run(connection)
        if (!found.nothingIsThere) throw SchemaException(found.explainPresence())
    }
}
