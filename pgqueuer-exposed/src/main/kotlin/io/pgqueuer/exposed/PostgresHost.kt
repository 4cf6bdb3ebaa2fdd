package io.pgqueuer.exposed

/**
 * Where a server listens.
 *
 * @property name a name or an address; not a directory of Unix sockets, which the driver cannot use.
 * @property port default 5432.
 * @throws IllegalArgumentException if [name] is blank or a path, or [port] is no port.
 */
public data class PostgresHost(
    val name: String,
    val port: Int = DEFAULT_PORT,
) {
    init {
        require(name.isNotBlank()) { "host must not be blank" }
        require('/' !in name && '@' !in name) {
            "host must be a name or an address, was '$name'; the driver speaks TCP only, use localhost for a socket"
        }
        require(port in PORTS) { "port must be between ${PORTS.first} and ${PORTS.last}, was $port" }
    }

    override fun toString(): String = if (':' in name) "[$name]:$port" else "$name:$port"

    public companion object {
        /** PostgreSQL's own. */
        public const val DEFAULT_PORT: Int = 5432

        private val PORTS = 1..65_535
    }
}
