package io.pgqueuer.cli

import io.pgqueuer.exposed.PostgresSettings
import org.postgresql.ds.PGSimpleDataSource

/** Opens connections to the database that these settings name, for SQL that the command runs itself. */
internal fun PostgresSettings.toDataSource(): PGSimpleDataSource {
    val settings = this
    return PGSimpleDataSource().apply {
        serverNames = settings.hosts.map { it.name }.toTypedArray()
        portNumbers = settings.hosts.map { it.port }.toIntArray()
        databaseName = settings.database ?: settings.user
        user = settings.user
        password = settings.password
        settings.properties.forEach(::setProperty)
    }
}
