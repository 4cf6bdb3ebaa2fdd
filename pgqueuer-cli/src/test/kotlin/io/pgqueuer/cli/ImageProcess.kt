package io.pgqueuer.cli

import java.nio.file.Path
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.io.path.createTempFile
import kotlin.io.path.readText

/** A process in an [Image], started by [command]; [folder] keeps what it prints. */
internal class ImageProcess(
    command: List<String>,
    folder: Path,
) : AutoCloseable {
    private val outFile = createTempFile(folder, "out")
    private val errFile = createTempFile(folder, "err")
    private val process = ProcessBuilder(command).apply { environment().keys.removeIf(::isServerVariable) }
        .redirectOutput(outFile.toFile()).redirectError(errFile.toFile()).start()

    /** What it has printed so far. */
    val out: String get() = outFile.readText()

    /** Signals the first process of the namespace, which is the only one that the started one waits for. */
    fun signalFirst(name: String) {
        val first = process.children().toList().single().pid()
        check(ProcessBuilder("kill", "-$name", "$first").start().waitFor() == 0) { "cannot send SIG$name" }
    }

    fun await(): Ended {
        check(process.waitFor(120, SECONDS)) { "it still runs, and has printed:\n$out\n${errFile.readText()}" }
        return Ended(process.exitValue(), out, errFile.readText())
    }

    override fun close() {
        process.destroyForcibly().waitFor()
    }
}
