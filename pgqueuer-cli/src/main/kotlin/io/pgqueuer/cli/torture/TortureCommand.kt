package io.pgqueuer.cli.torture

import com.github.ajalt.clikt.command.SuspendingCliktCommand
import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.double
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.Logging
import io.pgqueuer.cli.interruptible
import io.pgqueuer.cli.torture.check.check
import kotlin.random.Random
import kotlin.time.Duration.Companion.minutes

internal class TortureCommand : SuspendingCliktCommand("torture") {
    private val minutes by option().double().restrictTo(min = 0.2).default(1.0)
        .help("how long the load and the faults last; the end comes later (default: 1)")
    private val workers by option().int().restrictTo(1..MOST_WORKERS).default(3)
        .help("how many worker processes there are at a time (default: 3)")
    private val seed by option().long().help("decides which faults happen, and when (default: a new one)")

    override fun help(context: Context) =
        "Check the queue on a PostgreSQL of its own: worker processes run jobs under load while processes are killed " +
            "and stopped, connections are cut and the server crashes. Then the log and the handlers' own records are " +
            "checked."

    override suspend fun run() {
        // Calls fail all the time.
        Logging.silence()
        val seed = seed ?: Random.nextLong(1, Int.MAX_VALUE.toLong())
        echo("seed $seed, ${minutes.minutes}, $workers workers", err = true)
        interruptible("torture") { torture(seed) }
    }

    private suspend fun torture(seed: Long) = Site().use { site ->
        val evidence = site.run(workers, Torture.WORKER) { server, crew ->
            Torture(seed, minutes.minutes, server, crew, tell = { echo(it, err = true) }).run()
        }
        val verdict = check(evidence)
        echo(report(seed, evidence, verdict))
        if (verdict.violations.isNotEmpty()) {
            val kept = site.keep(evidence, verdict)
            verdict.violations.take(MOST_SHOWN).forEach { echo("broken      $it") }
            throw CommandException("${verdict.violations.size} rules broken; what happened is in $kept")
        }
        echo("no rule broken")
    }

    private companion object {
        const val MOST_WORKERS = 16
        const val MOST_SHOWN = 10
    }
}
