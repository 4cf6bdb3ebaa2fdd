package io.pgqueuer.exposed

import io.pgqueuer.test.PostgresDatabase
import io.pgqueuer.test.PostgresFixture
import java.nio.file.Path
import java.security.KeyStore
import java.util.Base64
import kotlin.io.path.Path
import kotlin.io.path.absolutePathString
import kotlin.io.path.createTempDirectory
import kotlin.io.path.deleteRecursively
import kotlin.io.path.inputStream
import kotlin.io.path.writeText

/** A server with TLS, where all users but the superuser need their password. */
internal class SecuredServer : AutoCloseable {
    private val fixture = PostgresFixture.embedded()
    val directory: Path = createTempDirectory("secured")
    val database: PostgresDatabase get() = fixture.database

    /** The root certificate of the server, and one of somebody else. */
    val root: Path
    val otherRoot: Path

    init {
        val server = Certificate("server", directory)
        root = directory.resolve("root.crt").also { it.writeText(server.certificate) }
        otherRoot = directory.resolve("other.crt").also { it.writeText(Certificate("other", directory).certificate) }
        val data = checkNotNull(database.text("SHOW data_directory"))
        write("$data/server.crt", server.certificate)
        write("$data/server.key", server.key)
        write("$data/pg_hba.conf", "host all ${database.user} all trust\nhost all all all scram-sha-256\n")
        database.execute("ALTER SYSTEM SET ssl = on")
        database.execute("SELECT pg_reload_conf()")
    }

    /** The server writes the file itself: it must own its key, and nobody else may read it. */
    private fun write(path: String, text: String) = database.execute(
        "COPY (SELECT unnest(string_to_array('${text.trim()}', E'\\n'))) TO PROGRAM 'umask 077; cat > \"$path\"'",
    )

    @OptIn(kotlin.io.path.ExperimentalPathApi::class)
    override fun close() {
        fixture.close()
        directory.deleteRecursively()
    }
}

/** A new self-signed certificate for `localhost`, and its key, as PEM. */
private class Certificate(name: String, directory: Path) {
    val certificate: String
    val key: String

    init {
        val file = directory.resolve("$name.p12")
        val keytool = Path(System.getProperty("java.home"), "bin", "keytool").absolutePathString()
        val arguments = "-genkeypair -alias it -keyalg RSA -dname CN=localhost -ext san=dns:localhost -validity 7 " +
            "-storetype PKCS12 -storepass $PASSWORD -keystore $file"
        val process = ProcessBuilder(listOf(keytool) + arguments.split(' ')).redirectErrorStream(true).start()
        val output = process.inputReader().readText()
        check(process.waitFor() == 0) { output }
        val store = KeyStore.getInstance("PKCS12").apply { file.inputStream().use { load(it, PASSWORD.toCharArray()) } }
        certificate = pem("CERTIFICATE", store.getCertificate("it").encoded)
        key = pem("PRIVATE KEY", store.getKey("it", PASSWORD.toCharArray()).encoded)
    }

    private fun pem(label: String, bytes: ByteArray) = "-----BEGIN $label-----\n" +
        Base64.getMimeEncoder(64, "\n".toByteArray()).encodeToString(bytes) + "\n-----END $label-----\n"

    private companion object {
        const val PASSWORD = "changeit"
    }
}
