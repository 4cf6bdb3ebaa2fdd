package io.pgqueuer.cli.torture

import io.pgqueuer.cli.childJvm
import io.pgqueuer.cli.torture.record.WorkerRecord
import io.pgqueuer.exposed.PostgresSettings
import kotlinx.coroutines.future.await
import java.nio.file.Path
import kotlin.io.path.div
import kotlin.io.path.exists
import kotlin.io.path.readText
import kotlin.time.Clock
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/**
 * A worker in a process of its own: `pgq run` with a worker of the torture or of the soak.
 *
 * @property number counts the processes of a torture, from 1.
 */
internal class WorkerProcess private constructor(
    val number: Int,
    private val process: Process,
    private val recordFile: Path,
) {
    /** When it was seen to have ended; null while it is alive. */
    @Volatile
    var diedAt: Instant? = null
        private set

    init {
        process.onExit().thenRun { diedAt = Clock.System.now() }
    }

    val isAlive: Boolean get() = process.isAlive

    /** Whether it has begun to work. */
    val isReady: Boolean get() = recordFile.exists() && recordFile.readText().contains("ready")

    fun exitValue(): Int = process.exitValue()

    suspend fun awaitEnd() {
        process.onExit().await()
    }

    /** As `kill -9` does. */
    fun kill() {
        process.destroyForcibly().waitFor()
        diedAt = Clock.System.now()
    }

    /** Stops it: it does not run until [resume]. */
    fun stop() = signal("STOP", process.pid())

    fun resume() = signal("CONT", process.pid())

    /** Asks it to shut down. */
    fun shutDown() {
        signal("TERM", process.pid())
    }

    fun record(): WorkerRecord = WorkerRecord.read(number, recordFile, diedAt ?: Clock.System.now())

    companion object {
        /** Its connections are named so, and by its number. */
        const val APPLICATION = "torture worker"

        /** How long handlers may run on when a worker is asked to shut down. */
        val SHUTDOWN_TIMEOUT = 2.seconds

        /** Starts one. Its output and its record are files of [folder]. */
        fun start(number: Int, settings: PostgresSettings, kind: WorkerKind, folder: Path): WorkerProcess {
            val record = folder / "worker-$number.record"
            val host = settings.hosts.single()
            val arguments = listOf(
                "run", kind.factory,
                "--pg-dsn", "postgresql://${settings.user}@$host/${settings.user}",
                "--shutdown-timeout", "$SHUTDOWN_TIMEOUT",
                // Jobs fail on purpose.
                "--retry-severity", "debug",
                "--failure-severity", "debug",
            ) + kind.options.flatMap { (name, value) -> listOf(name, value) } + "--" + "$record" + kind.arguments
            val name = mapOf("PGQUEUER_APPLICATION_NAME" to "$APPLICATION $number")
            val output = (folder / "worker-$number.log").toFile()
            val process = childJvm("io.pgqueuer.cli.MainKt", arguments, jvmOptions(folder), name)
                .redirectErrorStream(true).redirectOutput(output).start()
            return WorkerProcess(number, process, record)
        }

        /** Small and quickly started: several share the machine. */
        private fun jvmOptions(folder: Path) = listOf(
            "-XX:ErrorFile=$folder/crash-%p.log",
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
        )
    }
}
