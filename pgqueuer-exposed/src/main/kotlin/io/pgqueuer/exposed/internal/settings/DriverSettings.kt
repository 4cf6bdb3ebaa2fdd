package io.pgqueuer.exposed.internal.settings

import io.pgqueuer.exposed.PostgresSettings
import org.postgresql.PGProperty
import java.net.URLEncoder
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** The driver's URL, with only the servers and the database. */
internal fun PostgresSettings.toJdbcUrl(): String =
    "jdbc:postgresql://" + hosts.joinToString(",") + "/" + URLEncoder.encode(databaseName, Charsets.UTF_8)

/** The other properties of the driver, except user and password. */
internal fun PostgresSettings.driverProperties(): Map<String, String> {
    // The driver counts whole seconds; the timeout is for all hosts together.
    val total = connectTimeout.toWholeSeconds()
    val each = (connectTimeout / hosts.size).toWholeSeconds()
    // Of several hosts at most one is the primary, and work is possible only there.
    val target = if (hosts.size > 1) mapOf(PGProperty.TARGET_SERVER_TYPE.getName() to "primary") else emptyMap()
    return target + mapOf(
        PGProperty.LOGIN_TIMEOUT.getName() to total.toString(),
        PGProperty.CONNECT_TIMEOUT.getName() to each.toString(),
        PGProperty.TCP_KEEP_ALIVE.getName() to "true",
        PGProperty.APPLICATION_NAME.getName() to applicationName,
    ) + properties
}

private fun Duration.toWholeSeconds(): Long = inWholeSeconds.let { if (it.seconds < this) it + 1 else it }
