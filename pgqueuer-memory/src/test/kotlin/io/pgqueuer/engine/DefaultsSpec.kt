package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.Backend
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunReport
import io.pgqueuer.WorkerBuilder
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** The options of an entrypoint that sets none, and those that a worker sets for all of its entrypoints. */
class DefaultsSpec : FunSpec({
    test("by default a failing job is retried with growing waits, and is held when its attempts are spent") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e", byteArrayOf(1))
            val starts = mutableListOf<Duration>()
            val report = backend.worker {
                entrypoint("e") {
                    starts += elapsed
                    error("broken")
                }
            }.run(DRAIN)
            Triple(report.retried, report.held, report.failed) shouldBe Triple(4L, 1L, 0L)
            backend.queue.heldJobs().map { it.job.id } shouldContainExactly listOf(id)
            backend.insights.job(id)?.payload shouldBe byteArrayOf(1)
            starts shouldHaveSize 5
            starts.zipWithNext { one, next ->
                next - one
            }.zip(listOf(10.seconds, 50.seconds, 250.seconds, 1250.seconds))
                .forEach { (wait, planned) ->
                    wait shouldBeGreaterThanOrEqualTo planned * 0.8
                    wait shouldBeLessThanOrEqualTo planned * 1.2 + 1.milliseconds
                }
        }
    }

    test("a worker can set what Python's does: no retry, and a failed job is deleted") {
        engineTest { backend ->
            val report = failing(backend) {
                defaults {
                    retry = RetryPolicy.NONE
                    onFailure = OnFailure.DELETE
                }
                entrypoint("a") { error("broken") }
            }
            (report.retried to report.failed) shouldBe (0L to 1L)
            backend.queue.heldJobs().shouldBeEmpty()
        }
    }

    test("the worker's defaults hold for every entrypoint, wherever they are set") {
        engineTest { backend ->
            val report = failing(backend, "a", "b", "c") {
                entrypoint("a") { error("broken") }
                defaults { retry = RetryPolicy.NONE }
                entrypoint("b") { error("broken") }
                defaults { onFailure = OnFailure.DELETE }
                blockingEntrypoint("c") { error("broken") }
            }
            report.failed shouldBe 3
        }
    }

    test("an option that an entrypoint sets itself is its own, also if it sets what is the default of all") {
        engineTest { backend ->
            val report = failing(backend, "a", "b", "c") {
                defaults {
                    retry = RetryPolicy.NONE
                    onFailure = OnFailure.DELETE
                    timeout = 1.seconds
                }
                entrypoint("a", { onFailure = OnFailure.HOLD }) { error("broken") }
                entrypoint("b", { timeout = 2.minutes }) { awaitCancellation() }
                entrypoint("c", { timeout = null }) { delay(3.minutes) }
            }
            Triple(report.held, report.failed, report.succeeded) shouldBe Triple(1L, 1L, 1L)
            elapsed shouldBe 3.minutes
        }
    }

    test("a concurrency limit in the defaults limits each entrypoint on its own") {
        engineTest { backend ->
            backend.queue.enqueueAll(List(4) { NewJob(if (it % 2 == 0) "a" else "b") })
            val active = mutableListOf<String>()
            val most = mutableMapOf<String, Int>()
            val worker = backend.worker {
                defaults { concurrencyLimit = 1 }
                for (name in listOf("a", "b")) {
                    entrypoint(name) {
                        active += name
                        most.merge(name, active.count { it == name }, ::maxOf)
                        most.merge("both", active.size, ::maxOf)
                        delay(1.seconds)
                        active -= name
                    }
                }
            }
            worker.run(DRAIN).succeeded shouldBe 4
            most shouldBe mapOf("a" to 1, "b" to 1, "both" to 2)
        }
    }

    test("a default that is out of its bounds is refused at once") {
        engineTest { backend ->
            shouldThrow<IllegalArgumentException> { backend.worker { defaults { timeout = 0.seconds } } }
                .message shouldContain "timeout must be > 0"
        }
    }
})

private suspend fun failing(
    backend: Backend,
    vararg names: String = arrayOf("a"),
    configure: WorkerBuilder.() -> Unit,
): RunReport {
    backend.queue.enqueueAll(names.map { NewJob(it) })
    return backend.worker(configure).run(DRAIN)
}
