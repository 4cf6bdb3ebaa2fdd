package io.pgqueuer.cli.torture.fault

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeSorted
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.pgqueuer.cli.torture.record.FaultKind
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class FaultPlanSpec : FunSpec({
    fun plan(seed: Long, minutes: Double = 0.7) =
        planFaults(seed, minutes.minutes, leaseTimeout = 4.seconds).map { listOf(it.at, it.kind, it.lasts, it.choice) }

    test("every kind of fault happens, also in a short torture, and in time") {
        for (seed in 1L..200) {
            val faults = planFaults(seed, 0.2.minutes, leaseTimeout = 4.seconds)

            faults.mapTo(mutableSetOf()) { it.kind } shouldBe FaultKind.entries.toSet()
            faults.map { it.at }.shouldBeSorted()
            faults.last().at shouldBeLessThan 0.2.minutes
        }
    }

    test("a worker is always stopped for longer than a lease") {
        val stops = planFaults(1, 60.minutes, leaseTimeout = 4.seconds).filter { it.kind == FaultKind.STOP }

        stops.minOf { it.lasts } shouldNotBe 4.seconds
        stops.all { it.lasts > 4.seconds } shouldBe true
    }

    test("the seed decides everything") {
        plan(seed = 5) shouldBe plan(seed = 5)
        plan(seed = 5) shouldNotBe plan(seed = 6)
    }
})
