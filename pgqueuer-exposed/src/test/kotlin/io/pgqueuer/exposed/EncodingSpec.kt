package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.headersOf
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlin.time.Duration.Companion.hours
import kotlin.time.Instant

/** Databases that cannot hold every character. */
class EncodingSpec : FunSpec({
    val text = "größe → 🚀 \u0000 \uD83D “x” \\u2192"

    /** What a database with this encoding makes of [text]. */
    val stored = mapOf(
        "UTF8" to "größe → 🚀 \uFFFD ? “x” \\u2192",
        "LATIN1" to "größe ? ? ? ? ?x? \\u2192",
        "LATIN9" to "größe ? ? ? ? ?x? \\u2192",
        "WIN1252" to "größe ? ? ? ? “x” \\u2192",
        "SQL_ASCII" to "größe → 🚀 \uFFFD ? “x” \\u2192",
        // One that Java does not know by this name.
        "EUC_JIS_2004" to null,
    )

    for ((encoding, expected) in stored) {
        test("in a database with the encoding $encoding, failures are written, with what it cannot hold replaced") {
            val database = TestPostgres.newDatabase().inEncoding(encoding)
            database.backend().use { backend ->
                backend.schema.install()
                backend.store.jobs.enqueue(List(4) { NewJob("e") })
                val leases = backend.claim(ClaimTarget("e")).jobs.map { it.lease }
                val outcomes = listOf<(FailureRecord) -> Outcome>(
                    { Outcome.Failed(it) },
                    { Outcome.Held(it) },
                    { Outcome.Retried(1.hours, it) },
                    { Outcome.Succeeded },
                )
                val settlements = leases.zip(outcomes) { lease, outcome ->
                    Settlement(lease, outcome(failureOf(lease.jobId, text)))
                }
                backend.store.jobs.settle(settlements) shouldBe leases.toSet()
                for (lease in leases.dropLast(1)) {
                    val failure = backend.insights.log(lease.jobId).last().failure!!
                    val texts = listOf(failure.message, failure.stackTrace, failure.context!!["x"].toString().trim('"'))
                    withClue(texts) {
                        if (expected == null) texts.first() shouldContain "gr" else texts.first() shouldBe expected
                        texts[1] shouldBe texts.first()
                    }
                }
            }
        }
    }

    test("an enqueue of what the database cannot hold is refused with the character, and stores nothing") {
        val database = TestPostgres.newDatabase().inEncoding("LATIN1")
        database.backend().use { backend ->
            backend.schema.install()
            val refused = listOf(
                "entrypoint" to NewJob("a→b"),
                "dedupeKey" to NewJob("e") { dedupeKey = "→" },
                "headers" to NewJob("e") { headers = headersOf("a" to "→") },
                "headers" to NewJob("e") { headers = headersOf("→" to "a") },
            )
            for ((what, job) in refused) {
                shouldThrow<IllegalArgumentException> { backend.store.jobs.enqueue(listOf(NewJob("e"), job)) }
                    .message shouldContain "$what must fit the encoding of the database, which is LATIN1 and has no '→'"
            }
            val job = NewJob("größe") {
                dedupeKey = "é"
                headers = headersOf("ü" to "ß")
            }
            val (id) = backend.store.jobs.enqueue(listOf(job))
            backend.claim(ClaimTarget("größe")).jobs.map { it.job.id } shouldContainExactly listOf(id)
            database.text("SELECT count(*) FROM pgqueuer") shouldBe "1"
        }
    }
})

private fun failureOf(id: JobId, text: String) = FailureRecord(
    id.value,
    Instant.fromEpochSeconds(0),
    "t",
    message = text,
    stackTrace = text,
    context = buildJsonObject { put("x", text) },
)
