package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.internal.settings.toJdbcUrl
import java.sql.Connection
import javax.sql.DataSource

/**
 * The connections of one backend; none is made before it is needed.
 *
 * @property engine what workers claim, renew and settle on.
 * @property engineParallelism how many of these the engine uses at once.
 * @property callers what applications enqueue on.
 * @property callerParallelism how many of these calls run at once; the others wait without a thread.
 * @property url the JDBC URL of all of them, if it is known without a further connection.
 * @property openDirectly opens a connection beside the pool, for what keeps it long.
 */
internal class Connections(
    val engine: ConnectionSource,
    val engineParallelism: Int,
    val callers: ConnectionSource,
    val callerParallelism: Int,
    val url: () -> String?,
    val openDirectly: () -> Connection,
) : AutoCloseable {
    /** Closes what is our own. */
    override fun close() {
        engine.close()
        callers.close()
    }

    companion object {
        /** A claim, a renewal, a settle, and one that is tried again, at once. */
        private const val ENGINE_CONNECTIONS = 4

        /** What callers leave to the engine of a pool that both share: a heartbeat never waits for a large enqueue. */
        private const val LEFT_TO_ENGINE = 2

        /** Calls on a pool whose size is not known. */
        private const val CALLERS = 16

        /** How long a pool of ours waits for the answer of a connection that was idle before it takes it for dead. */
        private const val VALIDATION_MILLIS = 2_000L

        /** One pool for all; callers leave some of it to the engine. */
        fun of(settings: PostgresSettings): Connections {
            val size = settings.poolMaxSize
            val pool = OwnPool(settings.description, size) { settings.toHikariConfig() }
            return Connections(
                engine = pool,
                engineParallelism = size,
                callers = pool,
                callerParallelism = (size - LEFT_TO_ENGINE).coerceAtLeast(1),
                url = settings::toJdbcUrl,
                openDirectly = settings::openDirectly,
            )
        }

        /** See [io.pgqueuer.exposed.postgres] for what is promised of either kind. */
        fun of(dataSource: DataSource): Connections {
            val hikari = if (dataSource.isWrapperFor(HikariDataSource::class.java)) {
                dataSource.unwrap(HikariDataSource::class.java)
            } else {
                return ofUnknown(dataSource)
            }
            val description = hikari.jdbcUrl?.let(Place::of)?.toString() ?: "pool ${hikari.poolName}"
            return Connections(
                engine = OwnPool(description, ENGINE_CONNECTIONS) { enginePool(hikari) },
                engineParallelism = ENGINE_CONNECTIONS,
                callers = GivenDataSource(dataSource, description, hikari.maximumPoolSize, hikari),
                callerParallelism = hikari.maximumPoolSize,
                url = { hikari.jdbcUrl ?: hikari.dataSource?.url() },
                openDirectly = hikari::openDirectly,
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
            )
        }

        private fun enginePool(application: HikariDataSource) = HikariConfig().apply {
            application.copyStateTo(this)
            poolName = "pgqueuer-engine of ${application.poolName}"
            // Not copied: passwords and tokens change while the application's pool lives.
            dataSource = OpeningDataSource(application::openDirectly)
            dataSourceClassName = null
            username = null
            password = null
            credentialsProvider = null
            maximumPoolSize = ENGINE_CONNECTIONS
            minimumIdle = 1
            isAutoCommit = false
            initializationFailTimeout = 1
            validationTimeout = VALIDATION_MILLIS
            isRegisterMbeans = false
            metricsTrackerFactory = null
        }

        private fun PostgresSettings.toHikariConfig() = HikariConfig().apply {
            poolName = applicationName
            dataSource = OpeningDataSource(this@toHikariConfig::openDirectly)
            maximumPoolSize = poolMaxSize
            minimumIdle = 1
            isAutoCommit = false
            connectionTimeout = connectTimeout.inWholeMilliseconds
            initializationFailTimeout = 1
            validationTimeout = VALIDATION_MILLIS
        }
    }
}

/**
 * The URL that a data source is configured with. There is no interface for it, but nearly all of them have the property
 * (PostgreSQL's own, DBCP2, Tomcat's, C3P0); without it, a connection tells.
 */
private fun DataSource.url(): String? = listOf("getUrl", "getJdbcUrl").firstNotNullOfOrNull { name ->
    runCatching { javaClass.getMethod(name).invoke(this) as? String }.getOrNull()
}
