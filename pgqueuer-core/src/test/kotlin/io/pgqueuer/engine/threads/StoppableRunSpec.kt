package io.pgqueuer.engine.threads

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlin.time.Duration.Companion.seconds

class StoppableRunSpec : FunSpec({
    test("a coroutine that a run has left is not cancelled by it any more") {
        val (run, coroutine) = started()
        run.end()
        run.leave() shouldBe true
        run.stop("late")
        run.stopAnyway("late")
        coroutine.isActive shouldBe true
    }

    test("a coroutine whose run was told to stop before it left must not run anything else") {
        val (run, coroutine) = started(Cancellations.ON_THREADS)
        run.stop("in time")
        run.end()
        run.leave() shouldBe false
        // The cancellation may be on its way still.
        eventually(5.seconds) { coroutine.isCancelled shouldBe true }
    }

    test("a run that was told to stop before it started cancels its coroutine") {
        val run = TestRun(Cancellations.IN_CALLER)
        run.stop("early")
        val coroutine = Job()
        run.startedAs(coroutine)
        coroutine.isCancelled shouldBe true
        run.leave() shouldBe false
    }
})

private class TestRun(
    cancellations: Cancellations,
) : StoppableRun<String>(cancellations) {
    override fun cancellationBy(reason: String) = CancellationException(reason)

    fun stopAnyway(reason: String) = overrule(reason)
}

/** Returns a run and its coroutine. */
private fun started(cancellations: Cancellations = Cancellations.IN_CALLER): Pair<TestRun, Job> {
    val run = TestRun(cancellations)
    val coroutine = Job()
    run.startedAs(coroutine)
    return run to coroutine
}
