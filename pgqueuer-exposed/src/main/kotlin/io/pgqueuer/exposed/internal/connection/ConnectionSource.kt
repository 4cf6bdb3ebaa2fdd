package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import org.postgresql.Driver
import java.sql.Connection
import java.util.Properties
import javax.sql.DataSource

/** Where connections to one database come from. */
internal interface ConnectionSource {
    /** The server and database, for messages. */
    val description: String

    fun open(): Connection

    /** Whether [connection] is to the same database, by host, port and name. */
    fun isSameDatabaseAs(connection: Connection): Boolean
}

/** Connections of a [dataSource] that the application made, and closes. */
internal class GivenDataSource(
    private val dataSource: DataSource,
    override val description: String,
) : ConnectionSource {
    private val place by lazy { open().use { Place.of(it.metaData.url) } }

    override fun open(): Connection = dataSource.connection

    override fun isSameDatabaseAs(connection: Connection) = place == Place.of(connection.metaData.url)
}

/** Connections of a pool of our own, made from [config] when the first one is asked for. */
internal class OwnPool(
    override val description: String,
    private val config: () -> HikariConfig,
) : ConnectionSource,
    AutoCloseable {
    private var closed = false
    private var pool: HikariDataSource? = null
    private val place by lazy { open().use { Place.of(it.metaData.url) } }

    override fun open(): Connection = pool().connection

    override fun isSameDatabaseAs(connection: Connection) = place == Place.of(connection.metaData.url)

    /** Fails at once where the first connection does, and is tried again by the next call. */
    @Synchronized
    private fun pool(): HikariDataSource {
        check(!closed) { "this backend is closed" }
        return pool ?: HikariDataSource(config()).also { pool = it }
    }

    @Synchronized
    override fun close() {
        closed = true
        pool?.close()
    }
}

/** What a JDBC [url] says of the server and the database; null where it is not the PostgreSQL driver's. */
internal class Place private constructor(
    private val hosts: List<String>,
    private val database: String,
) {
    override fun equals(other: Any?) = other is Place && hosts == other.hosts && database == other.database

    override fun hashCode() = hosts.hashCode() + database.hashCode()

    override fun toString() = hosts.joinToString(",") + "/" + database

    companion object {
        fun of(url: String): Place? = Driver.parseURL(url, Properties())?.run {
            val hosts = getProperty("PGHOST").split(',') zip getProperty("PGPORT").split(',')
            Place(hosts.map { (host, port) -> "$host:$port" }, getProperty("PGDBNAME").orEmpty())
        }
    }
}
