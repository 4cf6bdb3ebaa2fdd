package io.pgqueuer.cli.bench.process

import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.childJvm
import java.io.IOException
import java.lang.ProcessBuilder.Redirect
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** A fresh process that drains the queue of a benchmark, as often as it is told to. Its errors go to stderr. */
internal class DrainProcess private constructor(
    private val process: Process,
) : AutoCloseable {
    private val orders = process.outputWriter()
    private val answers = process.inputReader()

    /** Tells it to drain the queue. */
    fun startDrain() = order(DRAIN)

    /** Waits until it has drained the queue, and returns how many jobs it has run. */
    fun awaitDrained(): Int = answer(DRAINED).toInt()

    /** Tells it to end, waits until it has ended, and returns the CPU time that it has used. */
    fun end(): Duration {
        order(END)
        val cpu = answer(CPU_MILLIS).toLong().milliseconds
        if (process.waitFor() != 0) throw failure()
        return cpu
    }

    /** Ends it at once, if it still runs. */
    override fun close() {
        process.destroyForcibly().waitFor()
    }

    private fun order(text: String) {
        try {
            orders.write("$text\n")
            orders.flush()
        } catch (_: IOException) {
            throw failure()
        }
    }

    /** Returns what follows [prefix]. A JVM may print warnings of its own before it. */
    private fun answer(prefix: String): String =
        generateSequence(answers::readLine).firstOrNull { it.startsWith(prefix) }?.removePrefix(prefix)
            ?: throw failure()

    private fun failure() = CommandException(
        "a process that drains the queue has ended with exit code ${process.waitFor()}; its errors are above",
    )

    companion object {
        /**
         * Starts one.
         *
         * @param variables name the server.
         * @param jvmOptions options for its JVM; default none.
         */
        fun start(
            variables: Map<String, String>,
            kind: HandlerKind,
            batchSize: Int,
            jvmOptions: List<String> = emptyList(),
        ): DrainProcess {
            val arguments = listOf(kind.name, "$batchSize")
            val builder = childJvm("io.pgqueuer.cli.bench.process.DrainerKt", arguments, jvmOptions, variables)
            return DrainProcess(builder.redirectError(Redirect.INHERIT).start())
        }
    }
}
