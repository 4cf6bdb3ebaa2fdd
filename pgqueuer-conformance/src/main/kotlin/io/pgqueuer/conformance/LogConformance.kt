package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.EXCEPTION
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.Lease
import io.pgqueuer.LogEntry
import io.pgqueuer.NewJob
import io.pgqueuer.WorkerId
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.add
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Instant

fun logConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("the log of a job tells its whole life, oldest first, and of no other job") {
        val id = queue.enqueue("e")
        queue.enqueue("other")
        settle(claimOne().lease, Outcome.Retried(Duration.ZERO, failure(id)))
        advance(1.minutes)
        settle(claimOne().lease, Outcome.Held(failure(id)))
        queue.requeue(listOf(id))
        settle(claimOne().lease, Outcome.Succeeded)
        val log = log(id)
        log.map { it.status } shouldContainExactly
            listOf(QUEUED, PICKED, QUEUED, PICKED, HELD, QUEUED, PICKED, SUCCESSFUL)
        log.map { it.jobId }.distinct() shouldContainExactly listOf(id)
        log shouldContainExactly log.sortedWith(compareBy({ it.created }, { it.id }))
        log.map { it.id }.distinct().size shouldBe log.size
    }

    test("the log names the worker and the epoch of each claim, and of claims alone") {
        val id = queue.enqueue("e")
        val other = WorkerId(UUID(7, 8))
        val first = claimOne().lease
        settle(first, Outcome.Retried(Duration.ZERO, failure(id)))
        advance(1.minutes)
        val second = claimOne(worker = other).lease
        advance(1.hours)
        val takeover = claimOne().lease
        settle(takeover, Outcome.Succeeded)

        fun List<LogEntry>.claims() = map { entry -> entry.workerId?.let { Lease(id, it, entry.leaseEpoch!!) } }
        val claims = listOf(null, first, null, second, takeover, null)
        log(id).claims() shouldContainExactly claims
        backend.insights.logEntries().claims() shouldContainExactly claims.reversed()
        log(id).filter { it.workerId == null }.map { it.leaseEpoch }.distinct() shouldContainExactly listOf(null)
    }

    test("a job that never was has no log and is not found") {
        log(JobId(Long.MAX_VALUE)).shouldBeEmpty()
        find(JobId(Long.MAX_VALUE)).shouldBeNull()
    }

    test("a failure's record comes back as it was") {
        val id = queue.enqueue("e")
        val record = FailureRecord(
            jobId = id.value,
            timestamp = Instant.parse("2026-11-20T14:11:04.304586Z"),
            type = "com.example.Größe\$Inner",
            message = "it's \"odd\" \\u0000 \\ \n\t🚀 ; DROP TABLE pgqueuer",
            stackTrace = "at a.b(C.kt:1)\r\n\tat d.e(F.kt:2)\n".repeat(500),
            context = buildJsonObject {
                put("entrypoint", "e")
                put("attempt", 3)
                put("retry_delay", 1.5)
                put("reason", null as String?)
                putJsonArray("nested") { add(buildJsonObject { put("x", true) }) }
            },
        )
        settle(claimOne().lease, Outcome.Failed(record))
        log(id).last().failure shouldBe record
    }

    test("NUL and lone surrogates in a record are replaced, and the outcome is written") {
        val odd = "before\u0000\uD800mid🚀\uDC00after"
        val make = listOf<(FailureRecord) -> Outcome>(
            { Outcome.Failed(it) },
            { Outcome.Held(it) },
            { Outcome.Retried(Duration.ZERO, it) },
        )
        for (outcome in make) {
            val id = queue.enqueue("e")
            val record = failure(id, odd).copy(type = odd, context = buildJsonObject { put(odd, odd) })
            val lease = claimOne().lease
            settle(lease, outcome(record))
            val stored = log(id).last().failure.shouldNotBeNull()
            val context = stored.context.shouldNotBeNull().entries.single()
            val texts = listOf(stored.message, stored.type, context.key, (context.value as JsonPrimitive).content)
            for (text in texts) {
                text shouldStartWith "before"
                text shouldEndWith "after"
                text.filter { it.isLetter() || it.isSurrogate() } shouldBe "beforemid🚀after"
                text shouldNotContain "\u0000"
            }
            stored.stackTrace shouldEndWith "at Handler.run(Handler.kt:1)"
            clearAll()
        }
    }

    test("a record with NUL does not harm the others of its batch") {
        queue.enqueueAll(List(2) { NewJob("e") })
        val (odd, plain) = claim().jobs.map { it.lease }
        jobs.settle(
            listOf(
                Settlement(odd, Outcome.Failed(failure(odd.jobId, "\u0000"))),
                Settlement(plain, Outcome.Failed(failure(plain.jobId))),
            ),
        ) shouldBe setOf(odd, plain)
        logged(odd.jobId).last() shouldBe EXCEPTION
        log(plain.jobId).last().failure shouldBe failure(plain.jobId)
    }

    test("the queue's size is counted by entrypoint, status and priority, over due and deferred jobs") {
        backend.insights.queueSize().shouldBeEmpty()
        queue.enqueueAll(List(2) { NewJob("a") } + NewJob("a") { delay = 1.hours } + NewJob("a") { priority = 1 })
        queue.enqueueAll(List(2) { NewJob("b") })
        claim("b", limit = 1)
        held("c")
        backend.insights.queueSize().map {
            listOf(it.entrypoint, it.status, it.priority, it.count)
        } shouldContainExactly
            listOf(
                listOf("a", QUEUED, 1, 1L),
                listOf("a", QUEUED, 0, 3L),
                listOf("b", QUEUED, 0, 1L),
                listOf("b", PICKED, 0, 1L),
                listOf("c", HELD, 0, 1L),
            )
    }
}
