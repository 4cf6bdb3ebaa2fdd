package io.pgqueuer.simulation

import io.pgqueuer.port.Store
import kotlin.coroutines.Continuation
import kotlin.coroutines.startCoroutine
import kotlin.random.Random

/** Runs one simulation: the real engine on a store in memory, under the faults that a seed decides. */
object Simulation {
    /**
     * Runs the simulation of [seed]. The same seed always does the same.
     *
     * @param wrong changes the store that all processes use; by default it is left as it is.
     */
    fun run(seed: Long, wrong: (Store) -> Store = { it }): SimulationResult {
        val random = Random(seed)
        val steps = Steps(Random(random.nextLong()))
        val history = History(steps)
        val world = World(Random(random.nextLong()), steps, history, wrong)
        var end: Result<Unit>? = null
        suspend { world.run() }.startCoroutine(Continuation(Process("world", steps)) { end = it })
        steps.runUntil { end != null }
        end?.getOrThrow()
        return SimulationResult(seed, world.checker.violations, history.lines)
    }
}

/**
 * What became of a simulation.
 *
 * @property violations what happened that must never happen; empty if all is well.
 * @property history what happened, in order, each line with its virtual time.
 */
class SimulationResult(
    val seed: Long,
    val violations: List<String>,
    val history: List<String>,
)
