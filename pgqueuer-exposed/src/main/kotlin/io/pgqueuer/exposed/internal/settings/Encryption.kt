package io.pgqueuer.exposed.internal.settings

import org.postgresql.PGProperty
import org.postgresql.ssl.DefaultJavaSSLFactory
import kotlin.io.path.Path
import kotlin.io.path.exists

/**
 * The driver's properties for `sslmode` and `sslrootcert`, with their meaning in libpq, which the driver does not have:
 *
 * - `require` verifies the certificate, as `verify-ca` does, if there is a root certificate: a named one, or
 *   `~/.postgresql/root.crt`. A named file that does not exist is an error, while libpq would verify nothing.
 * - The root certificate `system` means those that Java trusts.
 *
 * https://www.postgresql.org/docs/current/libpq-ssl.html
 */
internal class Encryption(
    private val mode: String?,
    private val rootCertificate: String?,
) {
    fun properties(): Map<String, String> {
        require(mode == null || mode in MODES) { "sslmode must be one of $MODES, was ${mode?.shown()}" }
        if (rootCertificate == SYSTEM) {
            require(mode == null || mode == FULL) {
                "sslmode must be $FULL with sslrootcert=$SYSTEM, was '$mode': anybody can get a certificate from there"
            }
            return mapOf(
                PGProperty.SSL_MODE.getName() to FULL,
                PGProperty.SSL_FACTORY.getName() to DefaultJavaSSLFactory::class.java.name,
            )
        }
        val verifies = mode == "require" && (rootCertificate != null || hasDefault())
        return buildMap {
            if (mode != null) put(PGProperty.SSL_MODE.getName(), if (verifies) "verify-ca" else mode)
            if (rootCertificate != null) put(PGProperty.SSL_ROOT_CERT.getName(), rootCertificate)
        }
    }

    private fun hasDefault() = Path(System.getProperty("user.home"), ".postgresql", "root.crt").exists()

    companion object {
        /** Verifies the certificate and the name of the server in it. */
        const val FULL = "verify-full"
        private const val SYSTEM = "system"
        private val MODES = listOf("disable", "allow", "prefer", "require", "verify-ca", FULL)
    }
}
