package io.pgqueuer.exposed.internal.connection

import org.postgresql.Driver
import java.sql.Connection
import java.sql.SQLException
import java.util.Properties

/** The server and the database that a JDBC URL names. */
internal class Place private constructor(
    private val hosts: List<String>,
    private val database: String,
) {
    override fun equals(other: Any?) = other is Place && hosts == other.hosts && database == other.database

    override fun hashCode() = hosts.hashCode() + database.hashCode()

    override fun toString() = hosts.joinToString(",") + "/" + database

    companion object {
        /** Returns null if [url] is not a URL of the PostgreSQL driver. */
        fun of(url: String): Place? = Driver.parseURL(url, Properties())?.run {
            val hosts = getProperty("PGHOST").split(',') zip getProperty("PGPORT").split(',')
            Place(hosts.map { (host, port) -> "$host:$port" }, getProperty("PGDBNAME").orEmpty())
        }
    }
}

/** Where this connection leads to; null if it does not say so, as a closed one. */
internal fun Connection.place(): Place? = try {
    metaData.url?.let(Place::of)
} catch (_: SQLException) {
    null
}
