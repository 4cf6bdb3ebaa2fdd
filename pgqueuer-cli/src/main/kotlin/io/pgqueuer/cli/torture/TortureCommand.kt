package io.pgqueuer.cli.torture

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.double
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.cli.BaseCommand
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.Logging
import io.pgqueuer.cli.interruptible
import io.pgqueuer.cli.torture.check.check
import io.pgqueuer.cli.torture.soak.Quantity
import io.pgqueuer.cli.torture.soak.Samples
import io.pgqueuer.cli.torture.soak.Soak
import io.pgqueuer.cli.torture.soak.report
import kotlin.io.path.div
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

internal class TortureCommand :
    BaseCommand(
        "torture",
        "Check the queue on a PostgreSQL of its own: worker processes run jobs under load while processes are killed " +
            "and stopped, connections are cut and the server crashes. Then the log and the handlers' own records are " +
            "checked. With --soak, nothing is killed: the load is steady, and it is checked that memory, threads, " +
            "connections, tables and open jobs do not grow, that leases are renewed and that no job is lost.",
        examples = listOf("pgq torture --minutes 10 --seed 36", "pgq torture --soak 24 --workers 4"),
    ) {
    private val minutes by option().double().restrictTo(min = 0.2)
        .help("how long the load and the faults last; the end comes later (default: 1)")
    private val soak by option(metavar = "hours").double().restrictTo(min = 0.01)
        .help("make no faults, but a steady load for this many hours, and check that nothing grows")
    private val workers by option().int().restrictTo(1..MOST_WORKERS).default(3)
        .help("how many worker processes there are at a time (default: 3)")
    private val seed by option().long().help("decides which faults happen, and when (default: a new one)")

    override suspend fun run() {
        val soak = soak
        if (soak != null) {
            if (minutes != null) throw usageError("--minutes and --soak exclude each other: give one of them")
            if (seed != null) throw usageError("--seed and --soak exclude each other: a soak has no faults to decide")
        }
        // In a torture, calls fail all the time. In both, the embedded server logs how it was stopped as an error.
        Logging.silence()
        if (soak != null) {
            echo("soak, ${soak.hours}, $workers workers", err = true)
            interruptible("soak") { soak(soak.hours) }
        } else {
            val seed = seed ?: Random.nextLong(1, Int.MAX_VALUE.toLong())
            val duration = (minutes ?: DEFAULT_MINUTES).minutes
            echo("seed $seed, $duration, $workers workers", err = true)
            interruptible("torture") { torture(seed, duration) }
        }
    }

    private suspend fun torture(seed: Long, duration: Duration) = Site("torture").use { site ->
        val evidence = site.run(workers, Torture.WORKER) { server, crew ->
            Torture(seed, duration, server, crew, tell = { echo(it, err = true) }).run()
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

    private suspend fun soak(duration: Duration) = Site("soak").use { site ->
        val file = site.keep() / "soak.csv"
        val samples = Samples(Quantity.all(workers), file)
        echo("samples are written to $file", err = true)
        val result = site.run(workers, Soak.worker(duration)) { server, crew ->
            Soak(duration, server, crew, samples, tell = { echo(it, err = true) }).run()
        }
        echo(report(result))
        echo("samples     $file")
        if (result.faults.isNotEmpty()) throw CommandException(result.faults.joinToString("; "))
        echo("no growth")
    }

    private companion object {
        const val DEFAULT_MINUTES = 1.0
        const val MOST_WORKERS = 16
        const val MOST_SHOWN = 10
    }
}
