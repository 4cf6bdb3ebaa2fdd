package io.pgqueuer.exposed

import io.pgqueuer.test.PostgresDatabase
import org.apache.commons.dbcp2.BasicDataSource
import java.sql.Connection
import java.time.Duration

/**
 * Settings that other people's servers, drivers and pools have, all of them together: the isolation of transactions,
 * timeouts, formats, the search path, what steers the planner, how rows are fetched.
 *
 * The build runs specs of this module twice: with all defaults, and with the system property `pgqueuer.test.settings`
 * set to `unusual`.
 */
internal object UnusualSettings {
    val isOn = System.getProperty("pgqueuer.test.settings") == "unusual"

    /** Properties of the driver; none if this is not [isOn]. */
    val ofDriver: Map<String, String> = if (!isOn) {
        emptyMap()
    } else {
        mapOf(
            "defaultRowFetchSize" to "1",
            "prepareThreshold" to "1",
            "autosave" to "always",
            "stringtype" to "unspecified",
            "binaryTransfer" to "false",
            "reWriteBatchedInserts" to "true",
        )
    }

    /** A pool that is not HikariCP, with defaults of its own. */
    fun pool(database: PostgresDatabase) = BasicDataSource().apply {
        url = database.jdbcUrl
        ofDriver.forEach { (name, value) -> addConnectionProperty(name, value) }
        maxTotal = 20
        defaultAutoCommit = false
        defaultTransactionIsolation = Connection.TRANSACTION_SERIALIZABLE
        setDefaultQueryTimeout(Duration.ofSeconds(3))
    }

    private val settings = mapOf(
        "default_transaction_isolation" to "serializable",
        "default_transaction_deferrable" to "on",
        "statement_timeout" to "3s",
        "lock_timeout" to "3s",
        "idle_in_transaction_session_timeout" to "3s",
        // From PostgreSQL 14 on.
        "idle_session_timeout" to "3s",
        // From PostgreSQL 17 on.
        "transaction_timeout" to "10s",
        "search_path" to "app, pg_catalog",
        "standard_conforming_strings" to "off",
        "bytea_output" to "escape",
        "\"IntervalStyle\"" to "sql_standard",
        "synchronous_commit" to "off",
        "row_security" to "off",
        "jit" to "on",
        "jit_above_cost" to "0",
        "plan_cache_mode" to "force_custom_plan",
        "join_collapse_limit" to "1",
        "from_collapse_limit" to "1",
        "geqo_threshold" to "2",
        "default_statistics_target" to "1",
        "cursor_tuple_fraction" to "1",
    )

    /** Makes them the defaults of all connections to [database] that are opened from now on. */
    fun on(database: PostgresDatabase) = database.connect().use { connection ->
        connection.execute("CREATE SCHEMA app")
        val known = connection.texts("SELECT name FROM pg_settings").toSet()
        settings.filterKeys { it.trim('"') in known }.forEach { (name, value) ->
            // A list of schemas is not quoted as a whole.
            val quoted = if (name == "search_path") value else "'$value'"
            connection.execute("ALTER DATABASE ${database.name} SET $name = $quoted")
        }
    }
}
