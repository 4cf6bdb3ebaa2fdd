package io.pgqueuer.cli

import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import java.util.concurrent.TimeUnit.MINUTES
import kotlin.concurrent.thread

/** The command that [prepared] would start, in a terminal of its own, which `script` (util-linux) makes. */
internal class InTerminal(
    prepared: ProcessBuilder,
) : AutoCloseable {
    private val process = prepared.apply {
        val command = command().joinToString(" ") { "'" + it.replace("'", "'\\''") + "'" }
        command("script", "--quiet", "--return", "--command", "stty rows 40 cols 120; $command", "/dev/null")
        environment()["TERM"] = "xterm-256color"
    }.start()

    private val shown = StringBuffer()
    private val reading = thread(isDaemon = true) {
        process.inputReader().use { reader ->
            val buffer = CharArray(4_096)
            while (true) {
                val count = reader.read(buffer)
                if (count < 0) break
                shown.append(buffer, 0, count)
            }
        }
    }

    /** Everything that was written to the terminal. */
    val all: String get() = shown.toString()

    /** What was drawn last, without control characters. */
    val screen: String get() = all.substringAfterLast(HOME).replace(CONTROL, "")

    fun press(keys: String) {
        process.outputWriter().run {
            write(keys)
            flush()
        }
    }

    fun await(): Int {
        check(process.waitFor(1, MINUTES)) { "it still runs, and shows:\n$screen" }
        reading.join()
        return process.exitValue()
    }

    override fun close() {
        process.descendants().forEach { it.destroyForcibly() }
        process.destroyForcibly().waitFor()
    }

    companion object {
        /** Other systems have a `script` with other options. */
        val isAvailable: EnabledOrReasonIf = { _ ->
            val version = runCatching { ProcessBuilder("script", "--version").start().inputReader().readText() }
            if ("util-linux" in version.getOrDefault("")) {
                Enabled.enabled
            } else {
                Enabled.disabled("there is no `script` of util-linux, which makes terminals")
            }
        }

        private const val HOME = "\u001b[H"
        private val CONTROL = Regex("\u001b\\[[0-9;?]*[A-Za-z]")
    }
}
