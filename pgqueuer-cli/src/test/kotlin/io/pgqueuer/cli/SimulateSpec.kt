package io.pgqueuer.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainInOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldMatch

class SimulateSpec : FunSpec({
    test("it runs as many seeds as it is told to, and says that no rule was broken") {
        val ended = pgq("simulate", "--seeds", "20", "--from", "5")

        ended.exitCode shouldBe 0
        ended.out shouldMatch "20 simulations in \\d+ s, seeds 5 to 24: no rule broken\n"
        // If it takes long, it tells how far it is.
        ended.err.lines().filter(String::isNotEmpty).forEach { it shouldMatch "\\d+ of 20 simulations" }
    }

    test("a seed alone prints what happens, each time the same") {
        val ended = pgq("simulate", "--seed", "3")

        ended.exitCode shouldBe 0
        ended.err.shouldBeEmpty()
        ended.out.lines().map { it.substringAfter(": ") } shouldContainInOrder
            listOf("worker 0.1 starts", "the faults end")
        pgq("simulate", "--seed", "3").out shouldBe ended.out
    }
})
