package io.pgqueuer.exposed

import io.pgqueuer.exposed.internal.settings.shown

/**
 * The address of a PostgreSQL server.
 *
 * @property name a host name or an IP address. A directory of Unix sockets is not allowed, as the driver cannot use it.
 * @property port default 5432.
 * @throws IllegalArgumentException if [name] is blank or a path, or [port] is not a valid port number.
 */
public data class PostgresHost(
    val name: String,
    val port: Int = DEFAULT_PORT,
) {
    init {
        require(name.isNotBlank()) { "host must not be blank" }
        require('/' !in name && '@' !in name) {
            "host must be a name or an address, was ${name.shown()}; the driver speaks TCP only, use localhost for a socket"
        }
        require(port in PORTS) { "port must be between ${PORTS.first} and ${PORTS.last}, was $port" }
    }

    override fun toString(): String = if (':' in name) "[$name]:$port" else "$name:$port"

    public companion object {
        /**
         * Reads hosts as in `db1,db2:5433,[::1]:5434`; without a port, it is 5432.
         *
         * @throws IllegalArgumentException if one is wrong.
         */
        public fun parseAll(text: String): List<PostgresHost> = text.split(',').map { host ->
            val name = if (host.startsWith('[')) host.substringBefore(']') + "]" else host.substringBefore(':')
            val port = host.removePrefix(name)
            val number = if (port.isEmpty()) DEFAULT_PORT else port.removePrefix(":").toIntOrNull()
            requireNotNull(number) { "a host must be name, name:port or [address]:port, with a number as the port" }
            PostgresHost(name.removePrefix("[").removeSuffix("]"), number)
        }

        /** The default port of PostgreSQL. */
        public const val DEFAULT_PORT: Int = 5432

        private val PORTS = 1..65_535
    }
}
