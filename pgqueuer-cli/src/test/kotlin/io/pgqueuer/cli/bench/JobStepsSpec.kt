package io.pgqueuer.cli.bench

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeSource.Monotonic.markNow

class JobStepsSpec : FunSpec({
    val start = markNow()

    fun steps(vararg millis: Int) = JobSteps.between(millis.map { start + it.milliseconds })

    test("each step is the time between two marks") {
        val steps = steps(1, 3, 6, 10, 15)
        steps shouldBe JobSteps(2.milliseconds, 3.milliseconds, 4.milliseconds, 5.milliseconds)
        steps.whole shouldBe 14.milliseconds
    }

    test("a notification before the return of the enqueue takes no time, and nothing counts twice") {
        val steps = steps(5, 3, 4, 9, 10)
        steps shouldBe JobSteps(Duration.ZERO, Duration.ZERO, 4.milliseconds, 1.milliseconds)
        steps.whole shouldBe 5.milliseconds
    }

    test("a notification after the start of the claim takes nothing from the claim and the handler") {
        steps(1, 20, 6, 10, 15) shouldBe JobSteps(5.milliseconds, Duration.ZERO, 4.milliseconds, 5.milliseconds)
    }

    test("a handler that begins before the return of the enqueue takes no time") {
        steps(9, 3, 4, 5, 6).whole shouldBe Duration.ZERO
    }
})
