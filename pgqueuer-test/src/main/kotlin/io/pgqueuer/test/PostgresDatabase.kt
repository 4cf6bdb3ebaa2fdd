package io.pgqueuer.test

import java.net.URI
import java.net.URLDecoder
import java.net.URLEncoder

/** The connection data of one database on a test server. */
public data class PostgresDatabase(
    public val host: String,
    public val port: Int,
    public val name: String,
    public val user: String,
    public val password: String,
) {
    /** The URL for JDBC, with user and password. */
    public val jdbcUrl: String
        get() = "jdbc:postgresql://$host:$port/${name.encoded()}?user=${user.encoded()}&password=${password.encoded()}"

    /** The connection string, with user and password. */
    public val dsn: String
        get() = "postgresql://${user.encoded()}:${password.encoded()}@$host:$port/${name.encoded()}"

    override fun toString(): String = "$user@$host:$port/$name"

    internal companion object {
        private const val DEFAULT_PORT = 5432

        fun parse(dsn: String): PostgresDatabase {
            val uri = runCatching { URI(dsn) }.getOrNull()
            require(uri != null && uri.scheme in setOf("postgresql", "postgres") && uri.host != null) {
                "${PostgresFixture.DSN_VARIABLE} must be postgresql://user:password@host:port/database"
            }
            val user = uri.rawUserInfo.orEmpty().substringBefore(':').decoded().ifEmpty { "postgres" }
            return PostgresDatabase(
                host = uri.host,
                port = if (uri.port < 0) DEFAULT_PORT else uri.port,
                name = uri.path.removePrefix("/").ifEmpty { user },
                user = user,
                password = uri.rawUserInfo.orEmpty().substringAfter(':', "").decoded(),
            )
        }

        // In a URI, unlike in a form, '+' does not mean a space.
        private fun String.encoded() = URLEncoder.encode(this, Charsets.UTF_8).replace("+", "%20")

        private fun String.decoded() = URLDecoder.decode(replace("+", "%2B"), Charsets.UTF_8)
    }
}
