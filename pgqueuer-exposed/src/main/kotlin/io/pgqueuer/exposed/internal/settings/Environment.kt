package io.pgqueuer.exposed.internal.settings

import io.pgqueuer.exposed.PostgresHost
import io.pgqueuer.exposed.PostgresSettings
import kotlin.time.Duration.Companion.seconds

/** Settings from environment variables; empty ones count as unset. */
internal class Environment(
    environment: Map<String, String>,
) {
    private val variables = environment.filterValues(String::isNotEmpty)

    fun toSettings(): PostgresSettings {
        val libpq = libpq()
        val dsn = dsn()
        val given = dsn?.orElse(libpq) ?: libpq
        // libpq reads a service before it reads the other variables.
        val ofService = given.service?.let { given.ofService(it, variables) }
        return listOfNotNull(dsn, ofService, libpq).reduce(ConnectionParameters::orElse).toSettings()
            .with("PGQUEUER_LISTENER_HOSTS") { listenerHosts = PostgresHost.parseAll(it) }
            .with("PGQUEUER_PREFIX") { prefix = it }
            .with("PGQUEUER_SCHEMA") { schema = it }
            .with("PGQUEUER_POOL_MAX_SIZE") { poolMaxSize = it.number() }
            .with("PGQUEUER_CONNECT_TIMEOUT") { connectTimeout = it.number().seconds }
            .with("PGQUEUER_APPLICATION_NAME") { applicationName = it }
    }

    private fun dsn(): ConnectionParameters? = listOf("PGQUEUER_DSN", "PGDSN").firstNotNullOfOrNull { name ->
        variables[name]?.let { dsn -> naming(name) { ConnectionParameters.ofDsn(dsn) } }
    }

    private fun libpq() = ConnectionParameters(
        LIBPQ.mapNotNull { (variable, parameter) -> variables[variable]?.let { parameter to it } }.toMap(),
    ) { parameter -> LIBPQ.entries.first { it.value == parameter }.key }

    private fun PostgresSettings.with(name: String, change: PostgresSettings.(String) -> Unit): PostgresSettings =
        variables[name]?.let { value -> naming(name) { with { change(value) } } } ?: this

    private companion object {
        /** https://www.postgresql.org/docs/current/libpq-envars.html */
        val LIBPQ = mapOf(
            "PGHOST" to "host",
            "PGHOSTADDR" to "hostaddr",
            "PGPORT" to "port",
            "PGDATABASE" to "dbname",
            "PGUSER" to "user",
            "PGPASSWORD" to "password",
            "PGPASSFILE" to "passfile",
            "PGSERVICE" to "service",
            "PGSSLMODE" to "sslmode",
            "PGSSLROOTCERT" to "sslrootcert",
            "PGSSLCERT" to "sslcert",
            "PGSSLKEY" to "sslkey",
            "PGSSLNEGOTIATION" to "sslnegotiation",
            "PGCHANNELBINDING" to "channel_binding",
            "PGREQUIREAUTH" to "require_auth",
            "PGGSSENCMODE" to "gssencmode",
            "PGKRBSRVNAME" to "krbsrvname",
            "PGOPTIONS" to "options",
            "PGTARGETSESSIONATTRS" to "target_session_attrs",
            "PGLOADBALANCEHOSTS" to "load_balance_hosts",
            "PGCONNECT_TIMEOUT" to "connect_timeout",
            "PGAPPNAME" to "application_name",
        )
    }
}

/** Adds [name] in front of the error message about its value. */
internal inline fun <T> naming(name: String, block: () -> T): T = try {
    block()
} catch (e: IllegalArgumentException) {
    throw IllegalArgumentException("$name: ${e.message}", e)
}

internal fun String.number(): Int = requireNotNull(trim().toIntOrNull()) { "must be a whole number, was ${shown()}" }
