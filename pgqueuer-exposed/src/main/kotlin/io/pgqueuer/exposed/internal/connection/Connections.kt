package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.internal.settings.toJdbcUrl
import java.sql.Connection
import javax.sql.DataSource

/**
 * The connections of one backend; none is opened before it is needed.
 *
 * @property engine connections on which workers claim, renew and settle.
 * @property engineParallelism how many of them the engine uses at once.
 * @property callers connections for the calls of applications.
 * @property callerParallelism how many of these calls run at once; the others wait without blocking a thread.
 * @property url the JDBC URL of all connections, if it is known without opening another one.
 * @property openDirectly opens a connection outside the pool, for work that holds it for long.
 * @property openForListening likewise, for notifications.
 */
internal class Connections(
    val engine: ConnectionSource,
    val engineParallelism: Int,
    val callers: ConnectionSource,
    val callerParallelism: Int,
    val url: () -> String?,
    val openDirectly: () -> Connection,
    val openForListening: () -> Connection,
) : AutoCloseable {
    /** Closes the pools that this library created. */
    override fun close() {
        engine.close()
        callers.close()
    }

    companion object {
        /** One each for a claim, a renewal, a settle, and a retry. */
        private const val ENGINE_CONNECTIONS = 4

        /**
         * Connections that callers leave to the engine in a shared pool: a heartbeat never waits for a large enqueue.
         */
        private const val LEFT_TO_ENGINE = 2

        /** Parallel calls on a pool whose size is not known. */
        private const val CALLERS = 16

        /** How long our pool waits for an idle connection to answer before it treats the connection as dead. */
        private const val VALIDATION_MILLIS = 2_000L

        private const val HIKARI_DEFAULT_SIZE = 10

        /** One pool for everything; callers leave a part of it to the engine. */
        fun of(settings: PostgresSettings): Connections {
            val size = settings.poolMaxSize
            val pool = OwnPool(settings.description, size, { settings.openDirectly() }) { settings.toHikariConfig() }
            return Connections(
                engine = pool,
                engineParallelism = size,
                callers = pool,
                callerParallelism = (size - LEFT_TO_ENGINE).coerceAtLeast(1),
                url = settings::toJdbcUrl,
                openDirectly = { settings.openDirectly() },
                openForListening = { settings.openDirectly(listens = true) },
            )
        }

        /** See [io.pgqueuer.exposed.postgres] for the guarantees with each kind of data source. */
        fun of(dataSource: DataSource): Connections {
            val hikari = if (dataSource.isWrapperFor(HikariDataSource::class.java)) {
                dataSource.unwrap(HikariDataSource::class.java)
            } else {
                return ofUnknown(dataSource)
            }
            val description = hikari.jdbcUrl?.let(Place::of)?.toString() ?: "pool ${hikari.poolName}"
            // A pool that was made without a configuration sets its default only when it opens its first connection.
            val size = hikari.maximumPoolSize.takeIf { it > 0 } ?: HIKARI_DEFAULT_SIZE
            return Connections(
                engine = OwnPool(description, ENGINE_CONNECTIONS, { hikari.openDirectly() }) { enginePool(hikari) },
                engineParallelism = ENGINE_CONNECTIONS,
                callers = GivenDataSource(dataSource, description, size, hikari),
                callerParallelism = size,
                url = { hikari.jdbcUrl ?: hikari.dataSource?.url() },
                openDirectly = { hikari.openDirectly() },
                openForListening = { hikari.openDirectly(listens = true) },
            )
        }

        private fun ofUnknown(dataSource: DataSource): Connections {
            val source = GivenDataSource(dataSource, "the given ${dataSource.javaClass.simpleName}", CALLERS)
            return Connections(
                engine = source,
                engineParallelism = ENGINE_CONNECTIONS,
                callers = source,
                callerParallelism = CALLERS,
                url = { source.url ?: dataSource.url() },
                openDirectly = source::open,
                openForListening = source::open,
            )
        }

        private fun enginePool(application: HikariDataSource) = HikariConfig().apply {
            application.copyStateTo(this)
            poolName = "pgqueuer-engine of ${application.poolName}"
            dataSourceClassName = null
            // Passwords and tokens can change while the application's pool lives.
            HikariCredentials.removeFrom(this)
            maximumPoolSize = ENGINE_CONNECTIONS
            minimumIdle = 1
            setOurDefaults()
            initializationFailTimeout = 1
            validationTimeout = VALIDATION_MILLIS
            isRegisterMbeans = false
            metricsTrackerFactory = null
        }

        /** Set once for each connection, so that a transaction needs no round trip for it. */
        private fun HikariConfig.setOurDefaults() {
            isAutoCommit = false
            isReadOnly = false
            transactionIsolation = "TRANSACTION_READ_COMMITTED"
        }

        private fun PostgresSettings.toHikariConfig() = HikariConfig().apply {
            poolName = applicationName
            maximumPoolSize = poolMaxSize
            minimumIdle = 1
            setOurDefaults()
            connectionTimeout = connectTimeout.inWholeMilliseconds
            initializationFailTimeout = 1
            validationTimeout = VALIDATION_MILLIS
        }
    }
}

/**
 * The URL that a data source is configured with. There is no interface for it, but nearly all data sources have the
 * property (PostgreSQL's own, DBCP2, Tomcat's, C3P0). If it is missing, the URL is read from a connection.
 */
private fun DataSource.url(): String? = listOf("getUrl", "getJdbcUrl").firstNotNullOfOrNull { name ->
    runCatching { javaClass.getMethod(name).invoke(this) as? String }.getOrNull()
}
