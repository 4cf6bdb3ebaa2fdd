package io.pgqueuer.exposed.internal.settings

import io.pgqueuer.exposed.PostgresHost
import io.pgqueuer.exposed.PostgresSettings
import org.postgresql.PGProperty
import kotlin.io.path.Path
import kotlin.time.Duration.Companion.seconds

/**
 * The parameters of a connection string, by libpq's names.
 *
 * @param values the values of the parameters; errors must not show passwords.
 * @param shown returns the name of a parameter for messages.
 */
internal class ConnectionParameters(
    private val values: Map<String, String>,
    private val shown: (String) -> String = { "parameter '$it'" },
) {
    /** Returns these parameters, plus those of [others] that are missing here. */
    fun orElse(others: ConnectionParameters) = ConnectionParameters(others.values + values) {
        if (it in values) shown(it) else others.shown(it)
    }

    /** The service whose parameters are used for what is missing here. */
    val service: String? get() = values["service"]

    /** The parameters of [service], read as [environment] says. */
    fun ofService(service: String, environment: Map<String, String>): ConnectionParameters =
        naming(shown("service")) { ServiceFile(environment).parameters(service, values["servicefile"]) }

    fun toSettings(): PostgresSettings {
        val defaults = PostgresSettings.DEFAULT
        return PostgresSettings {
            values["user"]?.let { user = it }
            database = values["dbname"]
            hosts = hosts()
            password = values["password"] ?: read("passfile") {
                PasswordFile(Path(it)).password(hosts, database ?: user, user)
            }
            properties = properties()
            // As in libpq: without it, or with zero, there is no limit.
            connectTimeout = read("connect_timeout") { it.number() }?.takeIf { it > 0 }?.seconds
                ?: defaults.connectTimeout
            applicationName = values["application_name"] ?: values["fallback_application_name"]
                ?: defaults.applicationName
        }
    }

    private fun hosts(): List<PostgresHost> {
        val named = if ("host" in values) "host" else "hostaddr"
        require(named == "hostaddr" || "hostaddr" !in values) {
            val (address, name) = shown("hostaddr") to shown("host")
            "$address is not supported beside $name: the driver looks the address up; give one of them"
        }
        val names = read(named) { it.split(',') } ?: listOf("")
        val ports = read("port") { it.split(',') } ?: listOf("")
        if (ports.size != 1 && ports.size != names.size) {
            val counts = "there are ${names.size} hosts and ${ports.size} ports"
            throw IllegalArgumentException("${shown("port")}: $counts; give one port, or one for each")
        }
        return names.mapIndexed { index, name ->
            val port = naming(shown("port")) {
                (ports.getOrNull(index) ?: ports.single()).ifEmpty { null }?.number() ?: PostgresHost.DEFAULT_PORT
            }
            naming(shown(named)) { PostgresHost(name.trim().ifEmpty { "localhost" }, port) }
        }
    }

    private fun encryption(): Encryption {
        // In a URI, libpq takes the driver's ssl=true for this.
        val mode = values["sslmode"] ?: if (values["ssl"] == "true") "require" else null
        return Encryption(mode, rootCertificate = values["sslrootcert"])
    }

    private fun properties(): Map<String, String> = encryption().properties() + buildMap {
        for ((name, value) in this@ConnectionParameters.values) {
            when {
                name in OUR_OWN -> Unit

                name in WITHOUT_EFFECT -> Unit

                name == "target_session_attrs" -> put("targetServerType", targetServerType(value))

                name == "keepalives" -> put("tcpKeepAlive", (value != "0").toString())

                name == "load_balance_hosts" -> put("loadBalanceHosts", (value == "random").toString())

                PGProperty.forName(RENAMED[name] ?: name) != null -> put(RENAMED[name] ?: name, value)

                else -> throw IllegalArgumentException(
                    "${shown(name)} is not supported; leave it out, or give a DataSource that has it",
                )
            }
        }
    }

    private fun targetServerType(value: String): String = requireNotNull(TARGETS[value]) {
        "${shown("target_session_attrs")} must be one of ${TARGETS.keys}, was ${value.shown()}"
    }

    private inline fun <T> read(name: String, read: (String) -> T): T? =
        values[name]?.let { naming(shown(name)) { read(it) } }

    companion object {
        private val OUR_OWN = setOf(
            "host", "hostaddr", "port", "dbname", "user", "password", "connect_timeout", "application_name",
            "fallback_application_name", "service", "servicefile", "passfile", "ssl", "sslmode", "sslrootcert",
        )

        private val WITHOUT_EFFECT = setOf(
            "client_encoding",
            "keepalives_idle",
            "keepalives_interval",
            "keepalives_count",
            "tcp_user_timeout",
            "sslcompression",
            "sslsni",
            "gssdelegation",
        )

        private val RENAMED = mapOf(
            "sslnegotiation" to "sslNegotiation",
            "channel_binding" to "channelBinding",
            "require_auth" to "requireAuth",
            "gssencmode" to "gssEncMode",
            "krbsrvname" to "kerberosServerName",
        )

        private val TARGETS = mapOf(
            "any" to "any",
            "primary" to "primary",
            "read-write" to "primary",
            "standby" to "secondary",
            "read-only" to "secondary",
            "prefer-standby" to "preferSecondary",
        )

        fun ofDsn(dsn: String): ConnectionParameters {
            val uri = URI_SCHEMES.firstOrNull(dsn::startsWith)
            return when {
                uri != null -> {
                    val values = UriDsn(dsn.removePrefix(uri)).parse()
                    // To the driver, ssl=true means more than to libpq.
                    val verifies = uri == JDBC_SCHEME && values["ssl"] == "true" && "sslmode" !in values
                    ConnectionParameters(if (verifies) values + ("sslmode" to Encryption.FULL) else values)
                }

                '=' in dsn -> ConnectionParameters(KeyValueDsn(dsn).parse())

                else -> throw IllegalArgumentException(
                    FORMS,
                )
            }
        }

        private const val JDBC_SCHEME = "jdbc:postgresql://"
        private val URI_SCHEMES = listOf("postgresql://", "postgres://", JDBC_SCHEME)
    }
}
