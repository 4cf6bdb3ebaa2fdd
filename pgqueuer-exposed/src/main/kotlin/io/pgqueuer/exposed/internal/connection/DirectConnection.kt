package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.util.DriverDataSource
import com.zaxxer.hikari.util.PropertyElf
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.internal.settings.driverProperties
import io.pgqueuer.exposed.internal.settings.toJdbcUrl
import org.postgresql.Driver
import org.postgresql.PGProperty
import java.sql.Connection
import java.util.Properties
import javax.naming.InitialContext
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Opens a connection in the way that a pool with this configuration would, but outside the pool.
 *
 * @param listens whether it is for notifications; see [PromptSockets].
 */
internal fun HikariConfig.openDirectly(listens: Boolean = false): Connection {
    val url = jdbcUrl
    if (dataSource == null && dataSourceClassName == null && url != null) return openByUrl(url, listens)
    val source = dataSource ?: namedDataSource()
    // Not every data source supports the overload with a user and a password.
    val (user, password) = HikariCredentials.of(this)
    return if (user == null) source.connection else source.getConnection(user, password)
}

internal fun PostgresSettings.openDirectly(listens: Boolean = false): Connection {
    val listeners = listenerHosts
    if (listens && listeners != null &&
        listeners != hosts
    ) {
        return with { hosts = listeners }.openDirectly(listens = true)
    }
    val properties = Properties()
    properties.putAll(driverProperties())
    properties["user"] = user
    password?.let { properties["password"] = it }
    return openBounded(toJdbcUrl(), properties, connectTimeout, listens) {
        checkNotNull(Driver().connect(toJdbcUrl(), it))
    }
}

private fun HikariConfig.openByUrl(url: String, listens: Boolean): Connection {
    val (user, password) = HikariCredentials.of(this)
    val properties = Properties().also { it.putAll(dataSourceProperties) }
    return openBounded(url, properties, connectionTimeout.milliseconds, listens) { bounded ->
        val source = DriverDataSource(url, driverClassName, bounded, user, password)
        if (user == null) source.connection else source.getConnection(user, password)
    }
}

/**
 * Opens a connection with the PostgreSQL driver, within about [timeout], even if the server accepts the connection and
 * then does not respond. It does not override what [url] and [properties] set.
 */
private fun openBounded(
    url: String,
    properties: Properties,
    timeout: Duration,
    listens: Boolean,
    connect: (Properties) -> Connection,
): Connection {
    val given = Driver.parseURL(url, properties) ?: return connect(properties)
    val seconds = timeout.coerceIn(1.seconds, LONGEST_OPENING).inWholeSeconds.toString()
    val bounded = Properties().also { it.putAll(properties) }
    fun default(property: PGProperty, value: String) {
        if (given.getProperty(property.getName()) == null) bounded[property.getName()] = value
    }
    default(PGProperty.LOGIN_TIMEOUT, seconds)
    default(PGProperty.TCP_KEEP_ALIVE, "true")
    if (listens) PromptSockets.nameForDriver?.let { default(PGProperty.SOCKET_FACTORY, it) }
    // The login timeout frees only the caller; the socket timeout also frees the thread that reads. It applies to
    // opening only: statements may take longer, and the watchdog aborts those.
    val isTimeoutOurs = given.getProperty(PGProperty.SOCKET_TIMEOUT.getName()) == null
    default(PGProperty.SOCKET_TIMEOUT, seconds)
    val connection = connect(bounded)
    if (isTimeoutOurs) connection.setNetworkTimeout(Runnable::run, 0)
    return connection
}

private fun HikariConfig.namedDataSource(): DataSource {
    val className = dataSourceClassName
    return if (className != null) {
        (Class.forName(className).getDeclaredConstructor().newInstance() as DataSource)
            .also { PropertyElf.setTargetFromProperties(it, dataSourceProperties) }
    } else {
        InitialContext().lookup(dataSourceJNDI) as DataSource
    }
}

private val LONGEST_OPENING = 60.seconds
