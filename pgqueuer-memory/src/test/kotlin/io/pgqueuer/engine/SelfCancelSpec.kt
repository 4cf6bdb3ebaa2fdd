package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobOutcome
import io.pgqueuer.JobStatus
import io.pgqueuer.WorkerEvent
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.minutes

/** A handler that cancels its own job. */
class SelfCancelSpec : FunSpec({
    val endings = mapOf<String, suspend () -> Unit>(
        "returns" to {},
        "throws" to { error("broken") },
        "goes on" to { delay(5.minutes) },
        "waits to be cancelled" to { awaitCancellation() },
    )
    for ((then, ending) in endings) {
        test("a job that cancels itself and then $then counts as canceled") {
            engineTest { backend ->
                val outcomes = mutableListOf<JobOutcome>()
                val id = backend.queue.enqueue("e")
                val report = backend.worker {
                    observe { if (it is WorkerEvent.JobEnded) outcomes += it.outcome }
                    entrypoint("e") {
                        queue.cancel(listOf(it.id)) shouldBe setOf(id)
                        ending()
                    }
                }.run(DRAIN)
                Triple(report.canceled, report.leasesLost, report.retried) shouldBe Triple(1L, 0L, 0L)
                outcomes shouldContainExactly listOf(JobOutcome.Canceled)
                backend.statuses(id).last() shouldBe JobStatus.CANCELED
            }
        }
    }
})
