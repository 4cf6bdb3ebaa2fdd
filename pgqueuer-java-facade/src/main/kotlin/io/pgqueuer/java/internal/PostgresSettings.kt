package io.pgqueuer.java.internal

import io.pgqueuer.exposed.PostgresHost
import io.pgqueuer.java.PostgresSettings
import java.time.Duration
import kotlin.time.toKotlinDuration
import io.pgqueuer.exposed.PostgresSettings as CorePostgresSettings

internal fun defaultSettings(): PostgresSettings = JavaPostgresSettings(CorePostgresSettings.DEFAULT)

internal fun parse(dsn: String): PostgresSettings = JavaPostgresSettings(CorePostgresSettings.parse(dsn))

internal fun fromEnvironment(environment: Map<String, String>): PostgresSettings =
    JavaPostgresSettings(CorePostgresSettings.fromEnvironment(environment))

internal fun PostgresSettings.toCore(): CorePostgresSettings = requireNotNull(this as? JavaPostgresSettings) {
    "settings must be made by PostgresSettings.parse or fromEnvironment, were a ${javaClass.name}"
}.core

private data class JavaPostgresSettings(
    val core: CorePostgresSettings,
) : PostgresSettings {
    override fun withPrefix(prefix: String) = JavaPostgresSettings(core.with { this.prefix = prefix })

    override fun withSchema(schema: String) = JavaPostgresSettings(core.with { this.schema = schema })

    override fun withPoolMaxSize(poolMaxSize: Int) = JavaPostgresSettings(core.with { this.poolMaxSize = poolMaxSize })

    override fun withConnectTimeout(connectTimeout: Duration) =
        JavaPostgresSettings(core.with { this.connectTimeout = connectTimeout.toKotlinDuration() })

    override fun withApplicationName(applicationName: String) =
        JavaPostgresSettings(core.with { this.applicationName = applicationName })

    override fun withHost(host: String, port: Int) =
        JavaPostgresSettings(core.with { hosts = listOf(PostgresHost(host, port)) })

    override fun withDatabase(database: String) = JavaPostgresSettings(core.with { this.database = database })

    override fun withUser(user: String) = JavaPostgresSettings(core.with { this.user = user })

    override fun withPassword(password: String) = JavaPostgresSettings(core.with { this.password = password })

    override fun withProperty(name: String, value: String) =
        JavaPostgresSettings(core.with { properties = core.properties + (name to value) })

    override fun toString() = core.toString()
}
