package io.pgqueuer.exposed

import java.io.BufferedReader
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.Path

/** A JVM of its own that runs a main function of these tests, to be killed. */
internal class WorkerProcess private constructor(
    private val process: Process,
) : AutoCloseable {
    private val output: BufferedReader = process.inputReader()

    /** Reads what it prints up to the line [marker]. */
    fun awaitLine(marker: String) {
        val lines = mutableListOf<String>()
        while (true) {
            val line = output.readLine() ?: error("the process ended before it printed '$marker': $lines")
            if (line == marker) return
            lines += line
        }
    }

    /** Types [line] into its input. */
    fun send(line: String) {
        process.outputWriter().apply {
            write("$line\n")
            flush()
        }
    }

    /** As `kill -9` does. */
    fun kill() {
        process.destroyForcibly().waitFor(1, TimeUnit.MINUTES)
    }

    fun awaitEnd(): Int {
        output.forEachLine { }
        check(process.waitFor(1, TimeUnit.MINUTES)) { "the process does not end" }
        return process.exitValue()
    }

    override fun close() = kill()

    companion object {
        fun start(mainClass: String, vararg arguments: String): WorkerProcess {
            val java: Path = Path(System.getProperty("java.home"), "bin", "java")
            val command = listOf("$java", "-cp", System.getProperty("java.class.path"), mainClass) + arguments
            return WorkerProcess(ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start())
        }
    }
}
