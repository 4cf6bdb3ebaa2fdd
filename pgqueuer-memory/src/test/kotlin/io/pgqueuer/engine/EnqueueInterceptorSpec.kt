package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.Backend
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.headersOf
import io.pgqueuer.jobType
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.test.runTest
import kotlinx.serialization.json.JsonObject
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Instant

class EnqueueInterceptorSpec : FunSpec({
    suspend fun Backend.headers(id: JobId): JsonObject? = insights.job(id).shouldNotBeNull().headers

    test("every way to enqueue passes through the interceptors, in their order") {
        runTest {
            val backend = inMemoryBackend {
                interceptEnqueue { job -> job.with { header("trace", "1") } }
                interceptEnqueue { job -> job.with { header("trace", job.headers.toString()) } }
            }
            val queue = backend.queue
            val both = headersOf("trace" to """{"trace":"1"}""")
            val ids = mutableListOf(
                queue.enqueue("e"),
                queue.enqueue(jobType<String>("e"), "text") { priority = 1 },
                queue.enqueue(NewJob("e")),
                queue.enqueue(NewJob("e"), OnConflict.SKIP).shouldNotBeNull(),
            )
            ids += queue.enqueueAll(List(2) { NewJob("e") })
            ids += queue.enqueueAll(List(2) { NewJob("e") }, OnConflict.SKIP).filterNotNull()
            ids += List(3) { async { queue.enqueue("e") } }.awaitAll()
            backend.queue.enqueue("parent")
            backend.worker { entrypoint("parent") { ids += this.queue.enqueue("e") } }.run(DRAIN)
            ids.size shouldBe 12
            ids.map { backend.headers(it) }.distinct() shouldContainExactly listOf(both)
        }
    }

    test("what a job has besides its headers stays") {
        runTest {
            val backend = inMemoryBackend { interceptEnqueue { it.with { header("tenant", "a") } } }
            val id = backend.queue.enqueue("e", byteArrayOf(7)) {
                priority = 3
                delay = 5.minutes
                dedupeKey = "k"
                header("own", "b")
            }
            backend.insights.job(id).shouldNotBeNull().run {
                payload shouldBe byteArrayOf(7)
                priority shouldBe 3
                runAt - created shouldBe 5.minutes
                dedupeKey shouldBe "k"
                headers shouldBe headersOf("own" to "b", "tenant" to "a")
            }
        }
    }

    test("what an interceptor throws is thrown by the enqueue, and nothing is stored") {
        runTest {
            val backend = inMemoryBackend {
                interceptEnqueue { if (it.entrypoint == "odd") error("no tenant") else it }
            }
            shouldThrow<IllegalStateException> {
                backend.queue.enqueueAll(listOf(NewJob("e"), NewJob("odd")))
            }.message shouldBe "no tenant"
            backend.insights.queueSize().shouldBeEmpty()
        }
    }

    test("an interceptor cannot get around the limit of payloads") {
        runTest {
            val backend = inMemoryBackend {
                maxPayloadBytes = 3
                interceptEnqueue { NewJob(it.entrypoint, ByteArray(4)) }
            }
            shouldThrow<IllegalArgumentException> { backend.queue.enqueue("e") }.message shouldContain "at most 3 bytes"
        }
    }

    test("a job cannot be changed once it was made, and a delay and a moment exclude each other") {
        val job = NewJob("e") { priority = 1 }
        shouldThrow<IllegalStateException> { job.priority = 2 }.message shouldContain "with { … }"
        shouldThrow<IllegalArgumentException> {
            NewJob("e") {
                delay = 1.minutes
                runAt = Instant.fromEpochSeconds(60)
            }
        }.message shouldContain "set delay or runAt, not both"
    }
})
