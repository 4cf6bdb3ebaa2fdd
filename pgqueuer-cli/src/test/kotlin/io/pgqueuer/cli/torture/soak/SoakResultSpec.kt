package io.pgqueuer.cli.torture.soak

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus

class SoakResultSpec : FunSpec({
    val heap = Quantity(Kind.HEAP, Quantity.worker(0))
    val heartbeat = Quantity(Kind.HEARTBEAT)
    val ends = mapOf(JobStatus.EXCEPTION to 2L, JobStatus.SUCCESSFUL to 8L)

    fun result(
        verdict: Verdict = Verdict.GOOD,
        enqueued: Long = 10,
        troubles: List<String> = emptyList(),
        quantity: Quantity = heap,
    ) = SoakResult(
        listOf(Finding(quantity, second = 10 * MIB, last = 20 * MIB, highest = 21 * MIB, verdict)),
        enqueued,
        ends,
        troubles,
    )

    test("a soak in which all is good has no faults") {
        result().faults.shouldBeEmpty()
        result(Verdict.TOO_SHORT).faults.shouldBeEmpty()
        result(Verdict.NOT_JUDGED).faults.shouldBeEmpty()
    }

    test("faults say what grew, and from where to where") {
        result(Verdict.GREW).faults shouldContainExactly listOf("heap of worker 1 grew from 10.0 MiB to 20.0 MiB")
    }

    test("faults say what was too high or not measured") {
        val old = Finding(heartbeat, second = 3_000, last = 3_000, highest = 12_000, Verdict.TOO_HIGH)
        fault(old) shouldBe "oldest heartbeat: too high, 12s"
        result(Verdict.NOT_MEASURED).faults shouldContainExactly listOf("heap of worker 1 could not be measured")
    }

    test("a job that was enqueued and did not end is a fault, and so is one that ended twice") {
        result(enqueued = 11).faults shouldContainExactly listOf("11 jobs were enqueued, and 10 ended")
        result(enqueued = 9).faults shouldContainExactly listOf("9 jobs were enqueued, and 10 ended")
    }

    test("what workers did that they should not do is a fault") {
        result(troubles = listOf("worker 2 ended by itself")).faults shouldContainExactly
            listOf("worker 2 ended by itself")
    }

    test("the report has a line for each quantity, in columns, and one for the jobs") {
        report(result(Verdict.GREW)) shouldBe """
            quantity          2nd quarter  last quarter   highest  verdict
            heap of worker 1     10.0 MiB      20.0 MiB  21.0 MiB  grew
            enqueued    10
            ended       10: successful 8, exception 2
        """.trimIndent()
    }
})
