package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.test.runTest

class TextPayloadSpec : FunSpec({
    test("text goes through UTF-8") {
        runTest {
            val backend = inMemoryBackend()
            val id = backend.queue.enqueue("text", "Björn") { priority = 3 }
            val job = backend.insights.job(id)!!
            job.payloadText shouldBe "Björn"
            job.priority shouldBe 3
            NewJob("text", "Björn").payload shouldBe "Björn".encodeToByteArray()
        }
    }

    test("no payload is no text, and bytes that are not UTF-8 are refused") {
        runTest {
            val backend = inMemoryBackend()
            backend.insights.job(backend.queue.enqueue("text"))!!.payloadText shouldBe null
            val odd = backend.insights.job(backend.queue.enqueue("text", byteArrayOf(-1)))!!
            shouldThrow<IllegalStateException> { odd.payloadText }.message shouldBe
                "the payload of job 2 of entrypoint 'text' is not text in UTF-8"
        }
    }
})
