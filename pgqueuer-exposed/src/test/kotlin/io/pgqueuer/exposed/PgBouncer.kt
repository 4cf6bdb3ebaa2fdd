package io.pgqueuer.exposed

import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import io.pgqueuer.test.PostgresDatabase
import java.net.ServerSocket
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.sql.SQLException
import java.util.concurrent.TimeUnit
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.deleteRecursively
import kotlin.io.path.div
import kotlin.io.path.setPosixFilePermissions
import kotlin.io.path.writeText
import kotlin.time.Duration.Companion.seconds

/**
 * PgBouncer in transaction mode on a free port of localhost, before the server of [database]: each transaction runs on
 * any of [serverConnections] connections, and what a session sets stays on the connection where it was set.
 */
internal class PgBouncer private constructor(
    private val database: PostgresDatabase,
    private val serverConnections: Int,
) : AutoCloseable {
    private val folder: Path = Files.createTempDirectory("pgbouncer")
    private val configuration: Path = folder / "pgbouncer.ini"
    private val port: Int = ServerSocket(0).use { it.localPort }
    private var process: Process? = null

    /** The database, through the pooler. */
    val through: PostgresDatabase = database.copy(host = "127.0.0.1", port = port)

    /** What leads workers and producers through the pooler: this version of it cannot prepare statements. */
    val settings: PostgresSettings = PostgresSettings.parse(through.dsn).with {
        properties = mapOf("prepareThreshold" to "0")
        connectTimeout = CONNECT_SECONDS.seconds
    }

    /** Starts it, and returns when it leads to the database. */
    suspend fun start() {
        configuration.writeText(
            """
            [databases]
            * = host=${database.host} port=${database.port} user=${database.user} password=${database.password}

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = $port
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = $serverConnections
            server_login_retry = 1
            ignore_startup_parameters = extra_float_digits
            """.trimIndent(),
        )
        // It does not run as root, and the user it becomes must be able to read this.
        folder.setPosixFilePermissions(PosixFilePermissions.fromString("rwxr-xr-x"))
        val user = if (System.getProperty("user.name") == "root") listOf("-u", "nobody") else emptyList()
        process = ProcessBuilder(listOf(command()) + user + "$configuration")
            .redirectErrorStream(true)
            .redirectOutput((folder / "log").toFile())
            .start()
        soon {
            try {
                through.text("SELECT 1")
            } catch (e: SQLException) {
                throw AssertionError("the pooler does not lead to the database", e)
            }
        }
    }

    /** Kills it, as `kill -9` does. All connections break. */
    fun kill() {
        process?.destroyForcibly()?.waitFor(1, TimeUnit.MINUTES)
    }

    /** Lets the transactions that run end, and begins no other: their clients wait for [resume]. */
    fun pause() = signal("USR1")

    fun resume() = signal("USR2")

    private fun signal(name: String) {
        val pid = checkNotNull(process).pid()
        check(ProcessBuilder("kill", "-$name", "$pid").start().waitFor() == 0) { "cannot send $name to $pid" }
    }

    @OptIn(ExperimentalPathApi::class)
    override fun close() {
        kill()
        folder.deleteRecursively()
    }

    companion object {
        private const val CONNECT_SECONDS = 2

        /** Debian puts it where only root's path leads. */
        private fun command(): String? = listOf("pgbouncer", "/usr/sbin/pgbouncer").find {
            runCatching { ProcessBuilder(it, "--version").redirectErrorStream(true).start().waitFor() == 0 }
                .getOrDefault(false)
        }

        /** For a test that is skipped, with a reason, where PgBouncer is not installed. */
        val isInstalled: EnabledOrReasonIf = {
            if (command() != null) Enabled.enabled else Enabled.disabled("PgBouncer is not installed")
        }

        suspend fun before(database: PostgresDatabase, serverConnections: Int): PgBouncer =
            PgBouncer(database, serverConnections).also {
                try {
                    it.start()
                } catch (e: Throwable) {
                    it.close()
                    throw e
                }
            }
    }
}
