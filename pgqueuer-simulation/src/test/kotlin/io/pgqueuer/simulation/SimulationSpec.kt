package io.pgqueuer.simulation

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull

class SimulationSpec : FunSpec({
    test("whatever goes wrong, no job is lost, ends twice, or runs twice at once") {
        val failed = (1L..200).map { Simulation.run(it) }.filter { it.violations.isNotEmpty() }
        failed.map { "seed ${it.seed}: ${it.violations}" }.shouldBeEmpty()
    }

    test("a seed always does the same") {
        Simulation.run(7).history shouldContainExactly Simulation.run(7).history
    }

    for (mistake in Mistake.entries) {
        test("a simulation finds the mistake $mistake") {
            val seed = (1L..50).firstOrNull { Simulation.run(it, mistake::on).violations.isNotEmpty() }
            withClue("found by one of 50 seeds") { seed.shouldNotBeNull() }
        }
    }
})
