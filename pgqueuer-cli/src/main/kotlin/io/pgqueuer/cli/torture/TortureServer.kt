package io.pgqueuer.cli.torture

import io.pgqueuer.cli.CommandException
import io.pgqueuer.exposed.PostgresHost
import io.pgqueuer.exposed.PostgresSettings
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.div
import kotlin.io.path.exists
import kotlin.io.path.readLines
import kotlin.time.Clock
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import kotlin.time.toJavaDuration

/**
 * The PostgreSQL of a torture. It can be stopped at once, as by `pg_ctl stop -m immediate`, and started again on the same
 * data and port. It waits for the disk as a production server does.
 */
internal class TortureServer(
    private val folder: Path,
) : AutoCloseable {
    private val data = folder / "data"
    private var postgres: EmbeddedPostgres? = null

    @Volatile
    private var isClosed = false

    private val port: Int

    val settings: PostgresSettings

    init {
        port = try {
            launch(port = null).port
        } catch (e: Exception) {
            throw CommandException("cannot start a PostgreSQL for the torture: $e", e)
        }
        settings = PostgresSettings {
            hosts = listOf(PostgresHost("localhost", port))
            user = "postgres"
        }
    }

    /** Ends all processes of the server without a checkpoint, and returns when. What is not on the disk is lost. */
    @Synchronized
    fun crash(): Instant {
        postmaster()?.let {
            // The server's own signal for it.
            signal("QUIT", it.pid())
            it.onExit().get(1, TimeUnit.MINUTES)
        }
        return Clock.System.now()
    }

    @Synchronized
    fun startAgain() {
        if (isClosed) return
        unlock()
        launch(port)
    }

    /** Gives up the lock on the data. There is no server to stop any more. */
    private fun unlock() {
        postgres?.close()
        postgres = null
    }

    private fun launch(port: Int?): EmbeddedPostgres = EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setRegisterShutdownHook(false)
        .setPGStartupWait(STARTS_WITHIN.toJavaDuration())
        .setOutputRedirector(ProcessBuilder.Redirect.appendTo((folder / "server.log").toFile()))
        .apply {
            SETTINGS.forEach(::setServerConfig)
            port?.let(::setPort)
        }
        .start()
        .also { postgres = it }

    private fun postmaster(): ProcessHandle? {
        val file = data / "postmaster.pid"
        val pid = if (file.exists()) file.readLines().firstOrNull()?.trim()?.toLongOrNull() else null
        return pid?.let { ProcessHandle.of(it).orElse(null) }
    }

    override fun close() {
        isClosed = true
        crash()
        unlock()
    }

    private companion object {
        /** Recovery from a crash is a part of it, on a machine that is busy. */
        val STARTS_WITHIN = 60.seconds
        val SETTINGS = mapOf(
            "max_connections" to "100",
            "fsync" to "on",
            "full_page_writes" to "on",
            "synchronous_commit" to "on",
        )
    }
}
