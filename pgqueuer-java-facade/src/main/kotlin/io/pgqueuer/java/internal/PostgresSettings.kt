package io.pgqueuer.java.internal

import io.pgqueuer.exposed.PostgresHost
import io.pgqueuer.java.PostgresSettings
import java.time.Duration
import kotlin.time.toKotlinDuration
import io.pgqueuer.exposed.PostgresSettings as CorePostgresSettings

internal fun defaultSettings(): PostgresSettings = JavaPostgresSettings(CorePostgresSettings.DEFAULT)

internal fun parse(dsn: String): PostgresSettings = required("dsn" to dsn) {
    JavaPostgresSettings(CorePostgresSettings.parse(dsn))
}

internal fun fromEnvironment(environment: Map<String, String>): PostgresSettings =
    required("environment" to environment) {
        JavaPostgresSettings(CorePostgresSettings.fromEnvironment(environment))
    }

internal fun PostgresSettings.toCore(): CorePostgresSettings = requireNotNull(this as? JavaPostgresSettings) {
    "settings must be made by PostgresSettings.parse or fromEnvironment, were a ${javaClass.name}"
}.core

private data class JavaPostgresSettings(
    val core: CorePostgresSettings,
) : PostgresSettings {
    override fun withPrefix(prefix: String) = required("prefix" to prefix) {
        JavaPostgresSettings(core.with { this.prefix = prefix })
    }

    override fun withSchema(schema: String) = required("schema" to schema) {
        JavaPostgresSettings(core.with { this.schema = schema })
    }

    override fun withPoolMaxSize(poolMaxSize: Int) = JavaPostgresSettings(core.with { this.poolMaxSize = poolMaxSize })

    override fun withConnectTimeout(connectTimeout: Duration) = required("connectTimeout" to connectTimeout) {
        JavaPostgresSettings(core.with { this.connectTimeout = connectTimeout.toKotlinDuration() })
    }

    override fun withApplicationName(applicationName: String) = required("applicationName" to applicationName) {
        JavaPostgresSettings(core.with { this.applicationName = applicationName })
    }

    override fun withHost(host: String, port: Int) = required("host" to host) {
        JavaPostgresSettings(core.with { hosts = listOf(PostgresHost(host, port)) })
    }

    override fun withListenerHost(host: String, port: Int) = required("host" to host) {
        JavaPostgresSettings(core.with { listenerHosts = listOf(PostgresHost(host, port)) })
    }

    override fun withDatabase(database: String) = required("database" to database) {
        JavaPostgresSettings(core.with { this.database = database })
    }

    override fun withUser(user: String) = required("user" to user) {
        JavaPostgresSettings(core.with { this.user = user })
    }

    override fun withPassword(password: String) = required("password" to password) {
        JavaPostgresSettings(core.with { this.password = password })
    }

    override fun withProperty(name: String, value: String) = required("name" to name, "value" to value) {
        JavaPostgresSettings(core.with { properties = core.properties + (name to value) })
    }

    override fun toString() = core.toString()
}
