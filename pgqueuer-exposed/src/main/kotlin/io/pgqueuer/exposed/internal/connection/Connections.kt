package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.internal.settings.driverProperties
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
 * @property openDirectly opens a connection beside the pool, for what keeps it long.
 */
internal class Connections(
    val engine: ConnectionSource,
    val engineParallelism: Int,
    val callers: ConnectionSource,
    val callerParallelism: Int,
    val openDirectly: () -> Connection,
) : AutoCloseable {
    /** Closes what is our own. */
    override fun close() {
        (engine as? OwnPool)?.close()
    }

    companion object {
        /** Claim, heartbeat and settle, at once. */
        private const val ENGINE_CONNECTIONS = 3

        /** What callers leave to the engine of a pool that both share: a heartbeat never waits for a large enqueue. */
        private const val LEFT_TO_ENGINE = 2

        /** Calls on a pool whose size is not known. */
        private const val CALLERS = 16

        /** One pool for all; callers leave some of it to the engine. */
        fun of(settings: PostgresSettings): Connections {
            val size = settings.poolMaxSize
            val pool = OwnPool(settings.description) { settings.toHikariConfig() }
            return Connections(
                engine = pool,
                engineParallelism = size,
                callers = pool,
                callerParallelism = (size - LEFT_TO_ENGINE).coerceAtLeast(1),
                openDirectly = { settings.toHikariConfig().openDirectly() },
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
                engine = OwnPool(description) { enginePool(hikari) },
                engineParallelism = ENGINE_CONNECTIONS,
                callers = GivenDataSource(dataSource, description),
                callerParallelism = hikari.maximumPoolSize,
                openDirectly = { hikari.copied().openDirectly() },
            )
        }

        private fun ofUnknown(dataSource: DataSource): Connections {
            val source = GivenDataSource(dataSource, "the given ${dataSource.javaClass.simpleName}")
            return Connections(source, ENGINE_CONNECTIONS, source, CALLERS, source::open)
        }

        private fun enginePool(application: HikariDataSource) = application.copied().apply {
            poolName = "pgqueuer-engine of ${application.poolName}"
            maximumPoolSize = ENGINE_CONNECTIONS
            minimumIdle = 1
            isAutoCommit = false
            initializationFailTimeout = 1
            isRegisterMbeans = false
            metricsTrackerFactory = null
        }

        private fun HikariDataSource.copied() = HikariConfig().also(::copyStateTo)

        private fun PostgresSettings.toHikariConfig() = HikariConfig().apply {
            poolName = applicationName
            jdbcUrl = toJdbcUrl()
            username = user
            password = this@toHikariConfig.password
            driverProperties().forEach(::addDataSourceProperty)
            maximumPoolSize = poolMaxSize
            minimumIdle = 1
            isAutoCommit = false
            connectionTimeout = connectTimeout.inWholeMilliseconds
            initializationFailTimeout = 1
        }
    }
}
