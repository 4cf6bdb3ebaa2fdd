package io.pgqueuer.conformance

import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.headersOf
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlin.random.Random

private val ODD_NAMES = listOf(
    "with space",
    " leading and trailing ",
    "it's \"quoted\"",
    "back\\slash",
    "new\nline\ttab",
    "'; DROP TABLE pgqueuer; --",
    "{a,b}",
    "NULL",
    "100%_?",
    "\$1::text",
    "größe-作業-🚀",
    "E",
    "é",
    "e\u0301",
)

fun contentConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("an entrypoint is only a name, whatever text it is") {
        val ids = ODD_NAMES.associateWith { queue.enqueue(it) }
        queue.enqueue("e")
        ids.forEach { (name, id) ->
            withClue(name) {
                job(id).entrypoint shouldBe name
                claim(name).ids shouldContainExactly listOf(id)
                log(id).last().entrypoint shouldBe name
            }
        }
    }

    test("a dedupe key is only a key, whatever text it is") {
        val ids = queue.enqueueAll(ODD_NAMES.map { NewJob("e") { dedupeKey = it } })
        ids.map { job(it).dedupeKey } shouldContainExactly ODD_NAMES
    }

    test("the longest entrypoint and dedupe key can be stored, also when they cannot be compressed") {
        val random = Random(1)
        fun text(length: Int) = String(CharArray(length) { random.nextInt('!'.code, '~'.code).toChar() })
        val entrypoint = text(NewJob.MAX_ENTRYPOINT_BYTES)
        val key = text(NewJob.MAX_DEDUPE_KEY_BYTES)
        queue.enqueue(entrypoint) { dedupeKey = key }
        val job = claimOne(entrypoint).job
        job.entrypoint shouldBe entrypoint
        job.dedupeKey shouldBe key
    }

    test("no payload, an empty payload and every byte come back as they are, by a look and by a claim") {
        val everyByte = ByteArray(256) { it.toByte() }
        val ids = queue.enqueueAll(listOf(NewJob("e"), NewJob("e", ByteArray(0)), NewJob("e", everyByte)))
        for (found in listOf(ids.map { job(it) }, claim().jobs.map { it.job })) {
            found[0].payload.shouldBeNull()
            found[1].payload.shouldNotBeNull().size shouldBe 0
            found[2].payload shouldBe everyByte
        }
    }

    test("a payload of 16 MiB comes back as it is") {
        val payload = Random(16).nextBytes(16 * 1024 * 1024)
        queue.enqueue("e", payload)
        claimOne().job.payload.contentEquals(payload) shouldBe true
    }

    test("no headers and empty headers are kept apart") {
        job(queue.enqueue("e")).headers.shouldBeNull()
        job(queue.enqueue("e") { headers = JsonObject(emptyMap()) }).headers shouldBe JsonObject(emptyMap())
    }

    test("headers come back as they are: nested, of every kind, with any text") {
        val headers = Json.parseToJsonElement(
            """{"s":"it's \"q\" \\ ?","e":"","u":"größe 🚀","i":-42,"big":12345678901234567890,"f":0.125,"t":true,
            "f2":false,"n":null,"a":[1,[2,{"x":null}],"3"],"o":{"":{"deep":["'; DROP TABLE pgqueuer; --"]}}}""",
        ).jsonObject
        queue.enqueue("e") { this.headers = headers }
        claimOne().job.headers shouldBe headers
    }

    test("headers of a batch stay with their jobs") {
        val ids = queue.enqueueAll(
            List(50) {
                NewJob("e") {
                    headers = if (it % 2 == 0) headersOf("n" to "$it") else null
                }
            },
        )
        ids.forEachIndexed { i, id -> job(id).headers shouldBe if (i % 2 == 0) headersOf("n" to "$i") else null }
    }
}
