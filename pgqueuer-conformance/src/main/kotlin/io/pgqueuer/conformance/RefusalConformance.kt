package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.BackendOptions
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.headersOf
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds

fun refusalConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    suspend fun StoreUnderTest.refuses(vararg inMessage: String, enqueue: suspend JobQueue.() -> Unit) {
        queue.enqueue("kept") { dedupeKey = "kept" }
        val message = shouldThrow<IllegalArgumentException> { queue.enqueue() }.message
        inMessage.forEach { message shouldContain it }
        withClue("jobs afterwards") { count() shouldBe 1 }
    }

    test("a blank entrypoint is refused") {
        refuses("entrypoint must not be blank", "'  '") { enqueue("  ") }
    }

    test("an entrypoint with NUL is refused") {
        refuses("entrypoint must not contain NUL", "index 1") { enqueue("a\u0000b") }
    }

    test("an entrypoint too long to be indexed is refused, with its bytes") {
        refuses("at most 1000 bytes", "was 1002") { enqueue("é".repeat(501)) }
    }

    test("a negative delay is refused") {
        refuses("delay must be >= 0", "-1s") { enqueue("e") { delay = (-1).seconds } }
    }

    test("a delay over the longest is refused") {
        refuses("delay must be >= 0 and at most", "36501d") { enqueue("e") { delay = 36_501.days } }
    }

    test("a blank dedupe key is refused") {
        refuses("dedupeKey must not be blank", "use null for none") { enqueue("e") { dedupeKey = " " } }
    }

    test("a dedupe key with NUL is refused") {
        refuses("dedupeKey must not contain NUL", "index 0") { enqueue("e") { dedupeKey = "\u0000" } }
    }

    test("a dedupe key too long to be indexed is refused") {
        refuses("at most 2000 bytes", "was 2001") { enqueue("e") { dedupeKey = "k".repeat(2_001) } }
    }

    test("headers with NUL in a name or a text are refused") {
        refuses("headers: name must not contain NUL") { enqueue("e") { headers = headersOf("a\u0000" to "b") } }
        clearAll()
        refuses("headers.a must not contain NUL") { enqueue("e") { headers = headersOf("a" to "\u0000") } }
    }

    test("half a surrogate pair is refused, wherever it stands") {
        refuses("entrypoint must not contain half a surrogate pair", "index 1") { enqueue("a\uD83D") }
        clearAll()
        refuses("dedupeKey must not contain half", "index 0") { enqueue("e") { dedupeKey = "\uDE00\uD83D" } }
        clearAll()
        refuses("headers.a must not contain half") { enqueue("e") { headers = headersOf("a" to "\uD83Dx") } }
    }

    test("a payload over the limit is refused, and with it its whole batch") {
        val small = StoreBackend(backend.store, BackendOptions { maxPayloadBytes = 3 }).queue
        refuses("payload of entrypoint 'e' must be at most 3 bytes, was 4", "raise maxPayloadBytes") {
            small.enqueueAll(listOf(NewJob("e", ByteArray(3)), NewJob("e", ByteArray(4))))
        }
    }

    test("a page of held jobs below 1 is refused") {
        refuses("limit must be >= 1, was 0") { heldJobs(limit = 0) }
    }
}
