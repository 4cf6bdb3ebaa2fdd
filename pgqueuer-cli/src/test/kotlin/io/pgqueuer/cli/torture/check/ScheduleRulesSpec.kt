package io.pgqueuer.cli.torture.check

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.cli.torture.record.FaultKind

class ScheduleRulesSpec : FunSpec({
    test("broken: the schedule never ran") {
        MadeEvidence().verdict().violations shouldBe listOf("the schedule never ran")
    }
    allowed("a stopped worker's run overlaps with the next one") {
        scheduleRan(from = 10.0, to = 20.5, process = 1)
        fault(FaultKind.STOP, from = 11.0, to = 20.0, 1)
        scheduleRan(from = 16.0, to = 17.0, process = 2)
    }
    broken("two runs overlap", "the schedule ran in worker 1 until") {
        scheduleRan(from = 10.0, to = 20.5, process = 1)
        scheduleRan(from = 16.0, to = 17.0, process = 2)
    }
})
