package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.BackendExtension
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.EnqueueCall
import io.pgqueuer.EnqueueCallInterceptor
import io.pgqueuer.JobContext
import io.pgqueuer.JobId
import io.pgqueuer.JobInterceptor
import io.pgqueuer.JobOutcome
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.headersOf
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.test.runTest

class BackendExtensionSpec : FunSpec({
    test("every way to enqueue is one call, told with its jobs and their ids") {
        runTest {
            val calls = Recorded("a")
            val backend = inMemoryBackend { install(calls) }
            val queue = backend.queue
            val ids = mutableListOf(listOf(queue.enqueue("e")))
            ids += queue.enqueueAll(listOf(NewJob("e"), NewJob("f")))
            ids += queue.enqueueBy(listOf(NewJob("e"))) { listOf(JobId(77)) }.map { it.shouldNotBeNull() }
            queue.enqueue("parent") { priority = 1 }
            backend.worker {
                entrypoint("parent") { ids += listOf(this.queue.enqueue("e")) }
                entrypoint("e") {}
                entrypoint("f") {}
            }.run(DRAIN)

            calls.told.filterNot { "parent" in it } shouldContainExactly
                listOf("a: [e]", "a: [e, f]", "a: [e]", "a: [e]").zip(ids) { jobs, each -> "$jobs stored $each" }
        }
    }

    test("a call without jobs is not told") {
        runTest {
            val calls = Recorded("a")
            inMemoryBackend { install(calls) }.queue.run {
                enqueueAll(emptyList()).shouldBeEmpty()
                enqueueBy(emptyList()) { error("nothing to store") }.shouldBeEmpty()
            }
            calls.told.shouldBeEmpty()
        }
    }

    test("a job that was left out has no id") {
        runTest {
            val calls = Recorded("a")
            val queue = inMemoryBackend { install(calls) }.queue
            val jobs = List(2) { NewJob("e") { dedupeKey = "k" } }
            val ids = queue.enqueueAll(jobs, OnConflict.SKIP)
            calls.told shouldContainExactly listOf("a: [e, e] stored [${ids.first()}, null]")
        }
    }

    test("a call that fails is told with what it throws") {
        runTest {
            val calls = Recorded("a")
            val queue = inMemoryBackend {
                maxPayloadBytes = 3
                install(calls)
            }.queue
            val jobs = List(2) { NewJob("e") { dedupeKey = "k" } }
            val duplicate = shouldThrow<DuplicateJobException> { queue.enqueueAll(jobs) }
            val large = shouldThrow<IllegalArgumentException> { queue.enqueue("e", ByteArray(4)) }
            calls.failures shouldContainExactly listOf(duplicate, large)
        }
    }

    test("calls pass through the extensions in their order, after the interceptors of single jobs") {
        runTest {
            val backend = inMemoryBackend {
                install(Recorded("a") { it.with { header("a", it.headers.toString()) } })
                install(Recorded("b") { it.with { header("b", it.headers.toString()) } })
                interceptEnqueue { it.with { header("own", "1") } }
            }
            val id = backend.queue.enqueue("e")
            val a = """{"own":"1"}"""
            val b = headersOf("own" to "1", "a" to a)
            backend.insights.job(id).shouldNotBeNull().headers shouldBe
                headersOf("own" to "1", "a" to a, "b" to b.toString())
        }
    }

    test("an extension that throws at the begin fails the enqueue, and those before it are told") {
        runTest {
            val calls = Recorded("a")
            val backend = inMemoryBackend {
                install(calls)
                install(calling { error("no trace") })
            }
            val failure = shouldThrow<IllegalStateException> { backend.queue.enqueue("e") }
            failure.message shouldBe "no trace"
            calls.failures shouldContainExactly listOf(failure)
            backend.insights.queueSize().shouldBeEmpty()
        }
    }

    test("an extension must return as many jobs as it got") {
        runTest {
            val backend = inMemoryBackend { install(calling { Call(it + it) {} }) }
            shouldThrow<IllegalStateException> { backend.queue.enqueue("e") }.message shouldContain "returned 2"
            backend.insights.queueSize().shouldBeEmpty()
        }
    }

    test("an extension that throws at the end changes nothing") {
        runTest {
            val calls = Recorded("a")
            val backend = inMemoryBackend {
                install(calls)
                install(calling { jobs -> Call(jobs) { throw OutOfMemoryError("at the end") } })
            }
            val id = backend.queue.enqueue("e") { dedupeKey = "k" }
            shouldThrow<DuplicateJobException> { backend.queue.enqueue("e") { dedupeKey = "k" } }
            calls.told.first() shouldBe "a: [e] stored [$id]"
            calls.failures.single().shouldBeInstanceOf<DuplicateJobException>()
        }
    }

    test("the interceptor of jobs wraps all workers, outside their own interceptors") {
        runTest {
            val seen = mutableListOf<String>()
            val backend = inMemoryBackend { install(wrapping(seen, "extension")) }
            backend.queue.enqueueAll(listOf(NewJob("e"), NewJob("f") { priority = -1 }))
            backend.worker {
                intercept { _, next ->
                    seen += "own"
                    next()
                }
                entrypoint("e") { seen += "e" }
            }.run(DRAIN)
            backend.worker { blockingEntrypoint("f") { seen += "f" } }.run(DRAIN)
            seen shouldContainExactly listOf(
                "extension",
                "own",
                "e",
                "extension: Succeeded",
                "extension",
                "f",
                "extension: Succeeded",
            )
        }
    }

    test("the interceptor of jobs wraps a delivery until its answer") {
        runTest {
            val seen = mutableListOf<String>()
            val backend = inMemoryBackend { install(wrapping(seen, "extension")) }
            backend.queue.enqueue("orders")
            val delivery = backend.queue.consume("orders").first {
                seen += "delivered"
                it.ack()
                true
            }
            delivery.job.entrypoint shouldBe "orders"
            seen shouldContainExactly listOf("extension", "delivered", "extension: Succeeded")
        }
    }
})

/** Writes down what it is told. */
private class Recorded(
    private val name: String,
    private val change: (NewJob) -> NewJob = { it },
) : BackendExtension {
    val told = mutableListOf<String>()
    val failures = mutableListOf<Throwable>()

    override val enqueueCallInterceptor = EnqueueCallInterceptor { jobs ->
        object : EnqueueCall {
            override val jobs = jobs.map(change)

            override fun stored(ids: List<JobId?>) {
                told += "$name: ${jobs.map { it.entrypoint }} stored $ids"
            }

            override fun failed(failure: Throwable) {
                failures += failure
            }
        }
    }
}

private class Call(
    override val jobs: List<NewJob>,
    private val onEnd: () -> Unit,
) : EnqueueCall {
    override fun stored(ids: List<JobId?>) = onEnd()

    override fun failed(failure: Throwable) = onEnd()
}

private fun calling(begin: (List<NewJob>) -> EnqueueCall) = object : BackendExtension {
    override val enqueueCallInterceptor = EnqueueCallInterceptor(begin)
}

private fun wrapping(seen: MutableList<String>, name: String) = object : BackendExtension {
    override val jobInterceptor = object : JobInterceptor {
        override suspend fun intercept(context: JobContext, next: suspend () -> Unit) {
            seen += name
            next()
        }

        override fun onOutcome(context: JobContext, outcome: JobOutcome) {
            seen += "$name: $outcome"
        }
    }
}
