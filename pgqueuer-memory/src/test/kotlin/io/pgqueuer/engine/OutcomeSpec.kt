package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldBeStrictlyIncreasing
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.JobInterceptor
import io.pgqueuer.JobStatus
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.jobType
import io.pgqueuer.resource
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.jsonPrimitive
import org.slf4j.MDC
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class OutcomeSpec : FunSpec({
    test("a failure deletes the job and logs what was thrown, where, and by whom") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            backend.worker {
                deleteFailedJobs()
                entrypoint("e") { throw IllegalStateException("no such order") }
            }.run(DRAIN).failed shouldBe 1
            backend.insights.job(id) shouldBe null
            val record = backend.insights.log(id).last().failure.shouldNotBeNull()
            record.jobId shouldBe id.value
            record.type shouldContain "IllegalStateException"
            record.message shouldBe "no such order"
            record.stackTrace shouldContain "OutcomeSpec"
            record.context.shouldNotBeNull().getValue("entrypoint").jsonPrimitive.content shouldBe "e"
        }
    }

    test("an Error fails its job as an exception does") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            backend.worker {
                deleteFailedJobs()
                entrypoint("e") { throw StackOverflowError("deep") }
            }.run(DRAIN).failed shouldBe 1
        }
    }

    test("a failure that is not retried holds the job, and a requeue runs it again with fresh attempts") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            var broken = true
            val worker = backend.worker {
                entrypoint("e", { retry = RetryPolicy.NONE }) { if (broken) error("broken") }
            }
            worker.run(DRAIN).held shouldBe 1
            backend.queue.heldJobs().map { it.job.id }.shouldContainExactly(id)
            broken = false
            backend.queue.requeue(listOf(id)).shouldContainExactly(id)
            worker.run(DRAIN).succeeded shouldBe 1
            backend.statuses(id).shouldContainExactly(
                JobStatus.QUEUED,
                JobStatus.PICKED,
                JobStatus.HELD,
                JobStatus.QUEUED,
                JobStatus.PICKED,
                JobStatus.SUCCESSFUL,
            )
        }
    }

    test("RetryRequested runs the same job again after its delay, one attempt more, whatever the policy says") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e", payload = byteArrayOf(1))
            val runs = mutableListOf<Triple<Duration, Long, Int>>()
            val worker = backend.worker {
                entrypoint("e", { onFailure = OnFailure.HOLD }) {
                    runs += Triple(elapsed, it.id.value, attempt)
                    if (attempt < 3) throw RetryRequested(5.minutes, "not yet")
                }
            }
            worker.run(DRAIN).retried shouldBe 2
            runs.shouldContainExactly(
                Triple(0.minutes, id.value, 1),
                Triple(5.minutes, id.value, 2),
                Triple(10.minutes, id.value, 3),
            )
            val retry = backend.insights.log(id).first { it.failure != null }.failure.shouldNotBeNull()
            retry.context.shouldNotBeNull().mapValues {
                it.value.jsonPrimitive.content
            }.minus("queue_manager_id") shouldBe
                mapOf("entrypoint" to "e", "attempt" to "1", "retry_delay" to "300.0", "reason" to "not yet")
        }
    }

    test("a retry without delay starts at once") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            backend.worker {
                entrypoint("e") {
                    if (attempt == 1) throw RetryRequested()
                }
            }.run(DRAIN).succeeded shouldBe 1
            elapsed shouldBe Duration.ZERO
        }
    }

    test("a policy retries with growing delays until its attempts are spent, and the failure then stands") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val starts = mutableListOf<Duration>()
            val policy = RetryPolicy.exponential(
                maxAttempts = 4,
                initialDelay = 10.seconds,
                maxDelay = 30.seconds,
                jitter = 0.0,
            )
            val worker = backend.worker {
                entrypoint("e", { retry = policy }) {
                    starts += elapsed
                    error("still broken")
                }
            }
            val report = worker.run(DRAIN)
            (report.retried to report.held) shouldBe (3L to 1L)
            starts.shouldContainExactly(0.seconds, 10.seconds, 30.seconds, 60.seconds)
            backend.insights.log(id).mapNotNull { it.failure?.message }.toSet() shouldBe setOf("still broken")
        }
    }

    test("a policy retries only what its predicate names") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val policy = RetryPolicy.exponential(maxAttempts = 5, retryOn = { it is IllegalStateException })
            val worker =
                backend.worker { entrypoint("e", { retry = policy }) { throw IllegalArgumentException("bad order") } }
            worker.run(DRAIN).run { retried to held } shouldBe (0L to 1L)
        }
    }

    test("a handler that runs longer than its timeout is cancelled and fails with what the policy can retry") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val policy = RetryPolicy.exponential(maxAttempts = 2, initialDelay = 1.seconds, jitter = 0.0)
            val worker =
                backend.worker {
                    entrypoint("e", {
                        timeout = 30.seconds
                        retry = policy
                    }) { awaitCancellation() }
                }
            val report = worker.run(DRAIN)
            (report.retried to report.held) shouldBe (1L to 1L)
            elapsed shouldBe 61.seconds
            val record = backend.insights.log(id).last().failure.shouldNotBeNull()
            record.type shouldBe "io.pgqueuer.JobTimeoutException"
            record.message shouldContain "30s"
        }
    }

    test("a timeout of the handler's own making is its failure, not a cancellation of the job") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val worker = backend.worker {
                deleteFailedJobs()
                entrypoint("e", { timeout = 1.minutes }) { withTimeout(1.seconds) { awaitCancellation() } }
            }
            worker.run(DRAIN).failed shouldBe 1
            elapsed shouldBe 1.seconds
        }
    }

    test("a cancelled coroutine that the handler awaits is no failure: the job is given back") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val cancelled: Deferred<Unit> = backgroundScope.async { awaitCancellation() }.also { it.cancel() }
            val policy = RetryPolicy.exponential(maxAttempts = 2)
            var runs = 0
            val worker = backend.worker {
                entrypoint("e", { retry = policy }) {
                    attempt shouldBe 1
                    if (runs++ < 5) cancelled.await()
                }
            }
            val report = worker.run(DRAIN)
            Triple(report.retried, report.released, report.succeeded) shouldBe Triple(0L, 5L, 1L)
        }
    }

    test("typed jobs reach their handler decoded") {
        engineTest { backend ->
            backend.queue.enqueue(SendReceipt, Receipt(orderId = 42)) { priority = 3 }
            val got = mutableListOf<Pair<Receipt, Int>>()
            backend.worker { entrypoint(SendReceipt) { receipt -> got += receipt to job.priority } }.run(DRAIN)
            got.shouldContainExactly(Receipt(42) to 3)
        }
    }

    test("a payload that cannot be decoded fails its own job only, at once, without the retries of the policy") {
        engineTest { backend ->
            val bad = backend.queue.enqueue(SendReceipt.entrypoint, "{".encodeToByteArray())
            val none = backend.queue.enqueue(SendReceipt.entrypoint)
            backend.queue.enqueue(SendReceipt, Receipt(1))
            val got = mutableListOf<Receipt>()
            val worker = backend.worker {
                entrypoint(SendReceipt, { retry = RetryPolicy.exponential(5) }) { got += it }
            }
            worker.run(DRAIN).held shouldBe 2
            got.shouldContainExactly(Receipt(1))
            backend.queue.heldJobs().map { it.job.id }.shouldContainExactly(bad, none)
            backend.insights.log(bad).last().failure?.message shouldStartWith
                "cannot decode the 1 bytes of job $bad of entrypoint 'send_receipt'"
            backend.insights.log(none).last().failure?.message shouldContain "has no payload to decode"
        }
    }

    test("fields that a payload has and its type has not are ignored: its producer is newer") {
        engineTest { backend ->
            backend.queue.enqueue("send_receipt", """{"orderId": 7, "currency": "EUR"}""".encodeToByteArray())
            val got = mutableListOf<Receipt>()
            backend.worker { entrypoint(SendReceipt) { got += it } }.run(DRAIN).succeeded shouldBe 1
            got.shouldContainExactly(Receipt(7))
        }
    }

    test("a payload that cannot be decoded costs its job where that is asked for, whatever other failures do") {
        engineTest { backend ->
            val bad = backend.queue.enqueue(SendReceipt.entrypoint, "{".encodeToByteArray())
            val worker = backend.worker {
                entrypoint(SendReceipt, {
                    onUndecodable = OnFailure.DELETE
                    onFailure = OnFailure.HOLD
                }) { }
            }
            worker.run(DRAIN).failed shouldBe 1
            backend.statuses(bad).last() shouldBe JobStatus.EXCEPTION
        }
    }

    test("interceptors wrap each attempt in the order of their registration") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val steps = mutableListOf<String>()
            fun tracing(name: String) = JobInterceptor { context, next ->
                steps += "$name before ${context.attempt}"
                try {
                    next()
                } finally {
                    steps += "$name after"
                }
            }
            val worker = backend.worker {
                intercept(tracing("outer"))
                intercept(tracing("inner"))
                entrypoint("e", { retry = RetryPolicy.exponential(2) }) {
                    steps += "handler"
                    if (attempt == 1) error("once")
                }
            }
            worker.run(DRAIN).succeeded shouldBe 1
            steps.shouldContainExactly(
                listOf(1, 2).flatMap {
                    listOf("outer before $it", "inner before $it", "handler", "inner after", "outer after")
                },
            )
        }
    }

    test("an interceptor that does not call the next ends the job without running it") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val worker = backend.worker {
                intercept { _, _ -> }
                entrypoint("e") { error("must not run") }
            }
            worker.run(DRAIN).succeeded shouldBe 1
        }
    }

    test("handlers get resources by type and name, and a missing one by a clear error") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val got = mutableListOf<String>()
            val worker = backend.worker {
                resources {
                    put("primary")
                    put("other", name = "second")
                }
                entrypoint("e") {
                    got += resource<String>()
                    got += resource<String>("second")
                    shouldThrow<IllegalStateException> { resource<Int>() }.message shouldContain
                        "no resource kotlin.Int"
                }
            }
            worker.run(DRAIN).succeeded shouldBe 1
            got.shouldContainExactly("primary", "other")
        }
    }

    test("the logging context names job, entrypoint and worker while the handler runs, also after it suspended") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val seen = mutableListOf<Map<String, String>>()
            backend.worker {
                entrypoint("e") {
                    delay(1.seconds)
                    seen += MDC.getCopyOfContextMap()
                    seen.last()["workerId"] shouldBe lease.workerId.toString()
                }
            }.run(DRAIN).succeeded shouldBe 1
            seen.single() - "workerId" shouldBe mapOf("jobId" to id.toString(), "entrypoint" to "e")
            MDC.getCopyOfContextMap().orEmpty().keys.shouldBeEmpty()
        }
    }

    test("the lease epoch grows with each claim") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            val epochs = mutableListOf<Long>()
            backend.worker {
                entrypoint("e") {
                    epochs += leaseEpoch
                    if (attempt < 3) throw RetryRequested()
                }
            }.run(DRAIN)
            epochs.size shouldBe 3
            epochs.shouldBeStrictlyIncreasing()
        }
    }

    context("registrations that are refused") {
        val noop: WorkerBuilder.(String) -> Unit = { entrypoint(it) {} }

        listOf<Triple<String, WorkerBuilder.() -> Unit, String>>(
            Triple("a blank name", { noop(" ") }, "entrypoint must not be blank"),
            Triple("a name with NUL", { noop("a\u0000b") }, "entrypoint must not contain NUL"),
            Triple(
                "too many limits",
                { repeat(10_000) { entrypoint("e$it", { concurrencyLimit = 1 }) {} } },
                "a worker can have at most 1000 entrypoints with a concurrencyLimit, has 10000",
            ),
            Triple("a name taken", { noop("a").also { noop("a") } }, "entrypoint 'a' is registered twice"),
            Triple("a negative limit", {
                entrypoint("a", { concurrencyLimit = -1 }) {}
            }, "entrypoint 'a': concurrencyLimit must be >= 1, or null for no limit, was -1"),
            Triple("a timeout of nothing", {
                entrypoint("a", { timeout = 0.seconds }) {}
            }, "entrypoint 'a': timeout must be > 0 and finite, or null for none, was 0s"),
            Triple("a resource put twice", { resources { put("a").also { put("b") } } }, "put twice"),
        ).forEach { (name, registration, message) ->
            test(name) {
                engineTest { backend ->
                    shouldThrow<IllegalArgumentException> { backend.worker(registration) }.message shouldContain
                        message
                }
            }
        }
    }
})

@Serializable
private data class Receipt(
    val orderId: Long,
)

private val SendReceipt = jobType<Receipt>("send_receipt")
