package io.pgqueuer.simulation

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

class StepsSpec : FunSpec({
    test("time does not move on while a step is left, whatever timers are cancelled") {
        val steps = Steps(Random(1))
        val process = Process("p", steps)
        val times = mutableListOf<Duration>()
        steps.after(10, process) { times += steps.now }
        steps.after(10, process) { error("cancelled") }.cancel()
        steps.after(20, process) { times += steps.now }
        steps.runUntil { times.size == 2 }
        times shouldContainExactly listOf(10.milliseconds, 20.milliseconds)
    }
})
