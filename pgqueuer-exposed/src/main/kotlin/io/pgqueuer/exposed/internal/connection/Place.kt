package io.pgqueuer.exposed.internal.connection

import org.postgresql.Driver
import java.util.Properties

/** What a JDBC URL says of the server and the database. */
internal class Place private constructor(
    private val hosts: List<String>,
    private val database: String,
) {
    override fun equals(other: Any?) = other is Place && hosts == other.hosts && database == other.database

    override fun hashCode() = hosts.hashCode() + database.hashCode()

    override fun toString() = hosts.joinToString(",") + "/" + database

    companion object {
        /** Null if the URL is not one of the PostgreSQL driver's. */
        fun of(url: String): Place? = Driver.parseURL(url, Properties())?.run {
            val hosts = getProperty("PGHOST").split(',') zip getProperty("PGPORT").split(',')
            Place(hosts.map { (host, port) -> "$host:$port" }, getProperty("PGDBNAME").orEmpty())
        }
    }
}
