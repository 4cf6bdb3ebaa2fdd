package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.simulation.Simulation
import io.pgqueuer.simulation.SimulationResult
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

internal class SimulateCommand :
    BaseCommand(
        "simulate",
        "Check the engine: run workers on a queue in memory, in virtual time, while processes die and stop, calls " +
            "fail and notifications are lost. Each seed decides what goes wrong and in which order everything happens.",
        examples = listOf("pgq simulate --seeds 100000", "pgq simulate --seed 36"),
    ) {
    private val seeds by option().int().restrictTo(min = 1).default(1_000)
        .help("how many simulations to run, on all cores (default: 1000)")
    private val from by option().long().default(1).help("the seed of the first one (default: 1)")
    private val seed by option().long().help("run the simulation of this seed alone, and print what happens in it")

    override suspend fun run() {
        // Workers under faults warn all the time.
        Logging.silence()
        when (val only = seed) {
            null -> runAll()
            else -> replay(only)
        }
    }

    private fun replay(seed: Long) {
        val result = Simulation.run(seed)
        result.history.forEach(::echo)
        if (result.violations.isNotEmpty()) throw CommandException("seed $seed breaks a rule: ${result.violations[0]}")
    }

    private suspend fun runAll() {
        val began = TimeSource.Monotonic.markNow()
        val broken = brokenOnes()
        broken.take(MOST_SHOWN).forEach { echo("seed ${it.seed}: ${it.violations[0]}") }
        if (broken.isNotEmpty()) throw failure(broken)
        val time = "${began.elapsedNow().inWholeSeconds} s"
        echo("$seeds simulations in $time, seeds $from to ${from + seeds - 1}: no rule broken")
    }

    private suspend fun brokenOnes(): List<SimulationResult> = withContext(Dispatchers.Default) {
        val next = AtomicInteger()
        val done = AtomicInteger()
        val progress = launch {
            while (true) {
                delay(PROGRESS)
                echo("$done of $seeds simulations", err = true)
            }
        }
        val broken = List(Runtime.getRuntime().availableProcessors()) {
            async {
                generateSequence { next.getAndIncrement().takeIf { it < seeds } }
                    .map { Simulation.run(from + it).also { done.incrementAndGet() } }
                    .filter { it.violations.isNotEmpty() }
                    .toList()
            }
        }.awaitAll()
        progress.cancel()
        broken.flatten().sortedBy { it.seed }
    }

    private fun failure(broken: List<SimulationResult>) = CommandException(
        "${broken.size} of $seeds simulations break a rule; see what happens by `pgq simulate --seed ${broken[0].seed}`",
    )

    private companion object {
        const val MOST_SHOWN = 10
        val PROGRESS = 5.seconds
    }
}
