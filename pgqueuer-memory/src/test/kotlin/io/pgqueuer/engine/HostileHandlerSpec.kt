package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldNotBeEmpty
import io.pgqueuer.Backend
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobContext
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.JobType
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.PayloadCodec
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.RunMode
import io.pgqueuer.RunReport
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.resource
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.jsonPrimitive
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Users' code at its worst, beside jobs of which each has to succeed. */
class HostileHandlerSpec : FunSpec({
    context("an exception that does harm is recorded all the same, and the policy is obeyed:") {
        HostileThrowables.all.forEach { (name, make) ->
            test(name) {
                engineTest { backend ->
                    val report = besideInnocents(backend, retry = TWICE) { throw make() }

                    (report.retried to report.held) shouldBe (1L to 1L)
                    backend.hostile().failures().forEach { it.shouldBeWithinBounds() }
                    backend.hostile().failures().size shouldBe 2
                }
            }
        }

        test("on real threads, suspending and blocking, with a timeout around them") {
            val backend = inMemoryBackend()
            val hostile = HostileThrowables.all.values.toList()
            backend.queue.enqueueAll(hostile.indices.flatMap { listOf("suspending", "blocking") }.map(::NewJob))
            backend.queue.enqueueAll(List(INNOCENTS) { NewJob("innocent") })
            val worker = backend.worker {
                entrypoint("innocent") { delay(1.milliseconds) }
                entrypoint("suspending", {
                    onFailure = OnFailure.HOLD
                    retry = TWICE
                    timeout = 30.seconds
                }) {
                    delay(1.milliseconds)
                    throw hostile[(it.id.value.toInt() - 1) / 2]()
                }
                blockingEntrypoint("blocking", {
                    onFailure = OnFailure.HOLD
                    retry = TWICE
                    timeout = 30.seconds
                }) {
                    throw hostile[(it.id.value.toInt() - 1) / 2]()
                }
            }

            val report = withTimeout(60.seconds) { worker.run(DRAIN) }

            report.succeeded shouldBe INNOCENTS.toLong()
            report.held shouldBe 2L * hostile.size
            report.retried shouldBe 2L * hostile.size
        }
    }

    test("what is kept of a failure has a bound, and says where it was cut") {
        engineTest { backend ->
            besideInnocents(backend, retry = RetryPolicy.NONE) { throw IllegalStateException("→".repeat(4_000_000)) }

            val record = backend.hostile().failures().single()
            record.message shouldEndWith "… [cut at 65536 bytes]"
            record.message.encodeToByteArray().size shouldBeLessThanOrEqual 65_536
            record.message.substringBefore('…').toSet() shouldBe setOf('→')
            record.stackTrace shouldEndWith "… [cut at 65536 bytes]"
        }
    }

    test("the reason of a retry has a bound") {
        engineTest { backend ->
            besideInnocents(backend) { if (attempt == 1) throw RetryRequested(reason = "x".repeat(4_000_000)) }

            val reason = backend.hostile().failures().single().context?.get("reason").shouldNotBeNull()
            reason.jsonPrimitive.content.length shouldBeLessThanOrEqual 65_536
        }
    }

    context("a retry policy that does harm costs its own job the retry at most:") {
        mapOf<String, (Throwable) -> Throwable>(
            "throws an exception" to { IllegalArgumentException("policy broken") },
            "throws an Error" to { AssertionError("policy broken") },
            "throws a cancellation" to { CancellationException("policy broken") },
            "throws the failure itself" to { it },
            "throws what does harm" to { HostileThrowables.ThrowingAll() },
        ).forEach { (name, thrown) ->
            test(name) {
                engineTest { backend ->
                    val policy = RetryPolicy { failure, _, _ -> throw thrown(failure) }
                    val report = besideInnocents(backend, retry = policy) { error("the handler's own") }

                    report.held shouldBe 1
                    val record = backend.hostile().failures().single()
                    record.message shouldBe "the handler's own"
                    record.type shouldBe "java.lang.IllegalStateException"
                    val ofPolicy = record.context?.get("retry_policy_failure").shouldNotBeNull().jsonPrimitive.content
                    ofPolicy.shouldNotBeEmpty()
                    record.stackTrace shouldContain "The retry policy failed: $ofPolicy"
                }
            }
        }

        test("a predicate of an exponential policy throws") {
            engineTest { backend ->
                val policy = RetryPolicy.exponential(3, retryOn = { error("predicate broken") })
                besideInnocents(backend, retry = policy) { error("the handler's own") }.held shouldBe 1
                backend.hostile().failures().single().stackTrace shouldContain "predicate broken"
            }
        }

        test("its delay is negative: the job is retried at once") {
            engineTest { backend ->
                val report = besideInnocents(backend, retry = onceAfter((-5).seconds)) { if (attempt == 1) error("x") }
                report.retried shouldBe 1
                elapsed shouldBeLessThan 1.seconds
            }
        }

        listOf(Duration.INFINITE, 4_000_000_000.days).forEach { odd ->
            test("its delay is $odd: the job is kept for as long as a job can wait") {
                engineTest { backend ->
                    val report = besideInnocents(backend, RunMode.CONTINUOUS, onceAfter(odd)) { error("x") }
                    report.retried shouldBe 1
                    backend.hostile().failures().single().context?.get("retry_delay")?.jsonPrimitive?.content shouldBe
                        "${NewJob.MAX_DELAY.inWholeSeconds.toDouble()}"
                }
            }
        }
    }

    test("a retry that a handler asks for after no time or more than a store can keep is refused by its own failure") {
        engineTest { backend ->
            besideInnocents(backend) { throw RetryRequested(Duration.INFINITE) }.held shouldBe 1
            backend.hostile().failures().single().message shouldContain "delay must be >= 0 and at most"
        }
    }

    context("a codec that does harm fails its own job, without a retry:") {
        listOf<Throwable>(
            StackOverflowError("deep"),
            NoClassDefFoundError("gone"),
            CancellationException("codec"),
            HostileThrowables.ThrowingAll(),
        ).forEach { thrown ->
            test(thrown.javaClass.simpleName) {
                engineTest { backend ->
                    val type = JobType(HOSTILE, decoding { throw thrown })
                    val report = registeredBesideInnocents(backend, configure = {
                        entrypoint(type, {
                            onFailure = OnFailure.HOLD
                            retry = RetryPolicy.exponential(5)
                        }) {}
                    })
                    report.held shouldBe 1
                    backend.hostile().failures().single().message shouldContain "cannot decode the 1 bytes of job"
                }
            }
        }

        test("memory that ran out says nothing of the payload, so that the policy may retry it") {
            engineTest { backend ->
                var tries = 0
                val type = JobType(HOSTILE, decoding { if (++tries == 1) throw OutOfMemoryError("full") else "fine" })
                val report = registeredBesideInnocents(backend, configure = { entrypoint(type, { retry = TWICE }) {} })
                (report.retried to report.held) shouldBe (1L to 0L)
            }
        }
    }

    test("a resource that is missing fails its own job") {
        engineTest { backend ->
            besideInnocents(backend) { resource<StringBuilder>() }.held shouldBe 1
            backend.hostile().failures().single().message shouldContain "no resource"
        }
    }

    context("an interceptor that does harm harms the jobs that it is meant to wrap, and the worker lives on:") {
        test("it throws what does harm") {
            engineTest { backend ->
                val report = registeredBesideInnocents(backend, configure = {
                    intercept { context, next ->
                        next()
                        if (context.job.entrypoint == HOSTILE) throw HostileThrowables.ThrowingAll()
                    }
                    entrypoint(HOSTILE, { onFailure = OnFailure.HOLD }) {}
                })
                report.held shouldBe 1
            }
        }

        test("it calls next twice: the handler runs once, and the job fails") {
            engineTest { backend ->
                var runs = 0
                val report = registeredBesideInnocents(backend, configure = {
                    intercept { context, next ->
                        next()
                        if (context.job.entrypoint == HOSTILE) next()
                    }
                    entrypoint(HOSTILE, { onFailure = OnFailure.HOLD }) { runs++ }
                })
                (report.held to runs) shouldBe (1L to 1)
                backend.hostile().failures().single().message shouldContain "called next twice"
            }
        }

        test("it calls next after it has returned: the handler does not run outside its job") {
            engineTest { backend ->
                val refused = CompletableDeferred<Throwable?>()
                var runs = 0
                registeredBesideInnocents(backend, configure = {
                    intercept { context, next ->
                        if (context.job.entrypoint != HOSTILE) return@intercept next()
                        @OptIn(DelicateCoroutinesApi::class)
                        GlobalScope.launch(backgroundScope.coroutineContext) {
                            delay(1.seconds)
                            refused.complete(runCatching { next() }.exceptionOrNull())
                        }
                    }
                    entrypoint(HOSTILE) { runs++ }
                })
                refused.await().shouldNotBeNull().message shouldContain "after it had returned"
                runs shouldBe 0
            }
        }

        test("it hides the cancellation of its job: a job that its worker stopped is given back, not succeeded") {
            engineTest { backend ->
                backend.queue.enqueue(HOSTILE)
                val running = CompletableDeferred<Unit>()
                val worker = backend.worker {
                    intercept { _, next -> runCatching { next() } }
                    entrypoint(HOSTILE) {
                        running.complete(Unit)
                        awaitCancellation()
                    }
                }
                launch {
                    running.await()
                    worker.shutdown()
                    worker.shutdown()
                }
                val report = worker.run()
                (report.released to report.succeeded) shouldBe (1L to 0L)
            }
        }
    }
})

private const val HOSTILE = "hostile"
private const val INNOCENTS = 20
private val TWICE = RetryPolicy.exponential(2, initialDelay = 1.milliseconds)

private fun onceAfter(delay: Duration) = RetryPolicy { _, attempt, _ -> delay.takeIf { attempt == 1 } }

private fun decoding(decode: () -> String) = object : PayloadCodec<String> {
    override fun encode(value: String) = value.encodeToByteArray()

    override fun decode(payload: ByteArray) = decode()
}

/** Runs a hostile job in the midst of innocent ones, and asserts that these succeed and nothing stays leased. */
private suspend fun besideInnocents(
    backend: Backend,
    mode: RunMode = RunMode.DRAIN,
    retry: RetryPolicy = RetryPolicy.NONE,
    handler: suspend JobContext.() -> Unit,
) = registeredBesideInnocents(backend, mode) {
    entrypoint(HOSTILE, {
        onFailure = OnFailure.HOLD
        this.retry = retry
    }) { handler() }
}

private suspend fun registeredBesideInnocents(
    backend: Backend,
    mode: RunMode = RunMode.DRAIN,
    configure: WorkerBuilder.() -> Unit,
): RunReport {
    backend.queue.enqueue(HOSTILE, byteArrayOf(1))
    val innocents = backend.queue.enqueueAll(List(INNOCENTS) { NewJob("innocent") })
    var left = INNOCENTS
    lateinit var worker: Worker
    worker = backend.worker {
        defaults { retry = RetryPolicy.NONE }
        configure()
        entrypoint("innocent") {
            delay(1.milliseconds)
            if (--left == 0 && mode == RunMode.CONTINUOUS) worker.shutdown()
        }
    }
    val report = worker.run {
        this.mode = mode
        maxConcurrentTasks = 5
    }
    innocents.forEach {
        backend.statuses(it).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
    }
    backend.insights.queueSize().filter { it.status == JobStatus.PICKED }.shouldBeEmpty()
    report.leasesLost shouldBe 0
    return report
}

private class HostileJob(private val backend: Backend) {
    suspend fun failures(): List<FailureRecord> = backend.insights.log(JobId(1)).mapNotNull { it.failure }
}

private fun Backend.hostile() = HostileJob(this)

private fun FailureRecord.shouldBeWithinBounds() {
    type.shouldNotBeEmpty()
    message.encodeToByteArray().size shouldBeLessThanOrEqual 65_536
    stackTrace.shouldNotBeEmpty()
    stackTrace.encodeToByteArray().size shouldBeLessThanOrEqual 65_536
}
