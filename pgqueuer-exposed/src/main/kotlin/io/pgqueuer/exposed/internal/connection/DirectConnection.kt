package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.util.DriverDataSource
import com.zaxxer.hikari.util.PropertyElf
import java.sql.Connection
import javax.naming.InitialContext
import javax.sql.DataSource

/** Opens a connection as a pool of this configuration would, but for the caller alone. */
internal fun HikariConfig.openDirectly(): Connection {
    val source = dataSource ?: namedDataSource()
    val (user, password) = credentials.run { username to password }
    return if (user == null || source is DriverDataSource) source.connection else source.getConnection(user, password)
}

private fun HikariConfig.namedDataSource(): DataSource {
    val className = dataSourceClassName
    val jndiName = dataSourceJNDI
    return when {
        className != null -> (Class.forName(className).getDeclaredConstructor().newInstance() as DataSource)
            .also { PropertyElf.setTargetFromProperties(it, dataSourceProperties) }

        jndiName != null -> InitialContext().lookup(jndiName) as DataSource

        else -> DriverDataSource(
            jdbcUrl,
            driverClassName,
            dataSourceProperties,
            credentials.username,
            credentials.password,
        )
    }
}
