package io.pgqueuer.cli

import java.io.BufferedReader
import java.nio.file.Path
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.concurrent.thread
import kotlin.io.path.Path
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

/** How a process of the command ended, and what it printed. */
internal data class Ended(
    val exitCode: Int,
    val out: String,
    val err: String,
) {
    /** Returns what a summary says under [name]. */
    fun figure(name: String): String = out.lines().single { it.startsWith("$name ") }.removePrefix(name).trim()
}

/** The command in a process of its own, as users run it. */
internal class PgqProcess(
    vararg args: String,
    environment: Map<String, String> = emptyMap(),
    folder: Path = Path(""),
    stdin: String = "",
    launcher: List<String> = withDefaultSignals,
) : AutoCloseable {
    private val process = childJvm("io.pgqueuer.cli.MainKt", args.asList(), jvmOptions, environment).apply {
        command(launcher + command())
        directory(folder.toAbsolutePath().toFile())
    }.start()

    private val outText = Text(process.inputReader())
    private val errText = Text(process.errorReader())

    init {
        process.outputWriter().use { it.write(stdin) }
    }

    val isAlive: Boolean get() = process.isAlive

    /** What it has printed so far. */
    val out: String get() = outText.soFar

    val err: String get() = errText.soFar

    /** The processes that it has started, and those that they have. */
    fun descendants(): List<ProcessHandle> = process.descendants().toList()

    fun signal(name: String) {
        check(ProcessBuilder("kill", "-$name", "${process.pid()}").start().waitFor() == 0) { "cannot send SIG$name" }
    }

    fun await(patience: Duration = 2.minutes): Ended {
        check(process.waitFor(patience.inWholeSeconds, SECONDS)) { "it still runs, and has printed:\n$out\n$err" }
        return Ended(process.exitValue(), outText.whole(), errText.whole())
    }

    override fun close() {
        process.destroyForcibly().waitFor()
    }

    private class Text(
        reader: BufferedReader,
    ) {
        private val text = StringBuffer()
        private val reading = thread(isDaemon = true) { reader.forEachLine { text.appendLine(it) } }

        val soFar: String get() = text.toString()

        fun whole(): String {
            reading.join()
            return soFar
        }
    }

    companion object {
        private const val ASKS_FOR_NATIVE_ACCESS = 24

        /**
         * A build that `nohup` or a script's `&` started ignores signals, and so do the processes that it starts. These
         * here do not, if `env` can change it (GNU's can).
         */
        val withDefaultSignals: List<String> = listOf("env", "--default-signal=HUP,INT").let { launcher ->
            val ended = runCatching { ProcessBuilder(launcher + "true").start().waitFor() }
            if (ended.getOrNull() == 0) launcher else emptyList()
        }

        /** Most processes end within a second or two, in which the optimizing compiler only costs time. */
        private val jvmOptions = listOf("-XX:TieredStopAtLevel=1") +
            listOf("--enable-native-access=ALL-UNNAMED").filter {
                Runtime.version().feature() >= ASKS_FOR_NATIVE_ACCESS
            }
    }
}

/** Runs the command to its end. */
internal fun pgq(
    vararg args: String,
    environment: Map<String, String> = emptyMap(),
    folder: Path = Path(""),
    stdin: String = "",
): Ended = PgqProcess(*args, environment = environment, folder = folder, stdin = stdin).use { it.await() }
