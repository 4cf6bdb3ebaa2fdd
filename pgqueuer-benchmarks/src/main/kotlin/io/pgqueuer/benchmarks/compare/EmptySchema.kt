package io.pgqueuer.benchmarks.compare

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.pgqueuer.exposed.PostgresSettings
import org.postgresql.ds.PGSimpleDataSource
import java.sql.Connection

/**
 * A schema for one queue, so that queues do not affect each other.
 *
 * @property settings name the server and the schema.
 * @property connection a connection that the queue does not use, to look at its tables.
 */
internal class EmptySchema private constructor(
    val settings: PostgresSettings,
    val connection: Connection,
) {
    /** Makes a pool of [size] connections whose search path is this schema. */
    fun pool(size: Int): HikariDataSource = HikariDataSource(
        HikariConfig().apply {
            dataSource = dataSource(settings)
            maximumPoolSize = size
        },
    )

    fun execute(sql: String) {
        connection.createStatement().use { it.execute(sql) }
    }

    /** Updates the statistics of all tables in this schema. */
    fun analyze() {
        val tables = "SELECT string_agg(format('ANALYZE %I.%I', schemaname, tablename), ';') FROM pg_tables"
        execute(text("$tables WHERE schemaname = '$NAME'"))
    }

    fun number(sql: String): Long = text(sql).toLong()

    fun text(sql: String): String = connection.createStatement().use { statement ->
        statement.executeQuery(sql).use { rows -> rows.also { it.next() }.getString(1) }
    }

    companion object {
        private const val NAME = "pgqueuer_compare"

        /** Creates the schema on the server that [settings] name, runs [block], and drops it. */
        fun <T> use(settings: PostgresSettings, block: (EmptySchema) -> T): T {
            val own = settings.with { schema = NAME }
            dataSource(own).connection.use { connection ->
                val schema = EmptySchema(own, connection)
                schema.execute("DROP SCHEMA IF EXISTS $NAME CASCADE")
                schema.execute("CREATE SCHEMA $NAME")
                try {
                    return block(schema)
                } finally {
                    schema.execute("DROP SCHEMA IF EXISTS $NAME CASCADE")
                }
            }
        }

        private fun dataSource(settings: PostgresSettings) = PGSimpleDataSource().apply {
            serverNames = settings.hosts.map { it.name }.toTypedArray()
            portNumbers = settings.hosts.map { it.port }.toIntArray()
            databaseName = settings.database
            user = settings.user
            password = settings.password
            settings.properties.forEach(::setProperty)
            currentSchema = settings.schema
        }
    }
}
