package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.UnreadableJobException
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Rows that other programs, or people, may have written: none of them keeps other jobs from being run or seen. */
class OddRowsSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec { backend.schema.install() }
    afterEach { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }
    afterSpec { backend.close() }

    fun insert(vararg columns: Pair<String, String>): JobId {
        val all = mapOf("entrypoint" to "'e'", "priority" to "0", "status" to "'queued'") + columns
        return database.text(
            "INSERT INTO pgqueuer (${all.keys.joinToString()}) VALUES (${all.values.joinToString()}) RETURNING id",
        ).let { JobId(it!!.toLong()) }
    }

    fun nested(depth: Int) = """(repeat('{"a":', $depth) || '1' || repeat('}', $depth))::jsonb"""

    val expired = arrayOf(
        "status" to "'picked'",
        "queue_manager_id" to "gen_random_uuid()",
        "heartbeat" to "now() - interval '1 hour'",
    )

    val unreadable = mapOf(
        "headers nested 401 deep" to arrayOf("headers" to nested(401)),
        "headers nested as deep as PostgreSQL allows" to arrayOf("headers" to nested(5_000)),
        "an epoch at its maximum" to arrayOf("lease_epoch" to "${Long.MAX_VALUE}"),
    )

    test("a lease is lost if the status is changed by hand, even though the worker and the epoch stay") {
        val id = backend.queue.enqueue("e")
        val lease = backend.claim(ClaimTarget("e")).jobs.single().lease
        database.execute("UPDATE pgqueuer SET status = 'queued'")
        backend.store.jobs.renew(listOf(lease)).held.shouldBeEmpty()
        backend.store.jobs.settle(listOf(Settlement(lease, Outcome.Succeeded))).shouldBeEmpty()
        backend.store.jobs.settle(listOf(Settlement(lease, Outcome.Released))).shouldBeEmpty()
        backend.claim(ClaimTarget("e")).jobs.map { it.job.id } shouldContainExactly listOf(id)
    }

    for ((what, columns) in unreadable) {
        test("a job with $what is held with a record, and the others are run") {
            val before = backend.queue.enqueue("e")
            val odd = insert(*columns)
            val after = backend.queue.enqueue("e")
            backend.claim(ClaimTarget("e")).jobs.map { it.job.id } shouldContainExactly listOf(before, after)

            val held = backend.insights.heldJobs().single()
            held.job.id shouldBe odd
            val failure = held.failure.shouldNotBeNull()
            failure.type shouldBe UnreadableJobException::class.java.name
            failure.message shouldContain "job $odd of entrypoint 'e' is held: its row cannot be read"
            backend.claim(ClaimTarget("e")).jobs.shouldBeEmpty()
        }
    }

    test("a claim of nothing but a job that cannot be read gives none, and says that it was filled") {
        val odd = insert("headers" to nested(401))
        backend.claim(ClaimTarget("e"), limit = 1).run {
            jobs.shouldBeEmpty()
            waiting shouldBe Waiting.Unknown
        }
        backend.insights.job(odd)?.status shouldBe JobStatus.HELD
    }

    val runnable = mapOf(
        "headers nested 200 deep" to arrayOf("headers" to nested(200)),
        "infinite times" to arrayOf("created" to "'infinity'", "execute_after" to "'-infinity'"),
        "a creation before all time" to arrayOf("created" to "'-infinity'", "execute_after" to "'-infinity'"),
        "counters at their maximum" to arrayOf("attempts" to "${Int.MAX_VALUE}", "rescues" to "${Int.MAX_VALUE}"),
        "a heartbeat before all time" to
            arrayOf("status" to "'picked'", "heartbeat" to "'-infinity'", "updated" to "'infinity'"),
        "times at the ends of their range" to arrayOf(
            *expired,
            "heartbeat" to "'4713-01-01 00:00:01+00 BC'",
            "created" to "'4713-01-01 00:00:01+00 BC'",
            "updated" to "'294276-12-31 23:59:59+00'",
        ),
    )

    for ((what, columns) in runnable) {
        test("a job with $what is run") {
            val odd = insert(*columns)
            val claimed = backend.claim(ClaimTarget("e")).jobs.single()
            claimed.job.id shouldBe odd
            val settlement = Settlement(claimed.lease, Outcome.Retried(Duration.ZERO, failureOf(odd)))
            backend.store.jobs.settle(listOf(settlement)) shouldBe setOf(claimed.lease)
            backend.insights.job(odd).shouldNotBeNull().run {
                status shouldBe JobStatus.QUEUED
                (attempts >= claimed.job.attempts) shouldBe true
            }
        }
    }

    test("a job whose lease expired and whose count of deaths is at its maximum is held") {
        val odd = insert(*expired, "rescues" to "${Int.MAX_VALUE}")
        val other = backend.queue.enqueue("e")
        backend.claim(ClaimTarget("e"), maxRescues = Int.MAX_VALUE).jobs.map { it.job.id } shouldContainExactly
            listOf(other)
        backend.insights.job(odd).shouldNotBeNull().run {
            status shouldBe JobStatus.HELD
            rescues shouldBe 0
        }
    }

    test("a lease whose heartbeat is infinite, or far in the future, does not expire and harms no claim") {
        for (heartbeat in listOf("infinity", "294276-12-31 23:59:59+00")) {
            insert("status" to "'picked'", "heartbeat" to "'$heartbeat'", "queue_manager_id" to "gen_random_uuid()")
            val id = backend.queue.enqueue("e")
            backend.claim(ClaimTarget("e")).jobs.map { it.job.id } shouldContainExactly listOf(id)
            backend.claim(ClaimTarget("e")).waiting as Waiting.Seen
        }
    }

    test("listings show every odd row: infinity as the ends of time, headers that cannot be read as none") {
        val rows = (unreadable + runnable).mapValues { (_, columns) ->
            listOf("'queued'", "'picked'", "'failed'").map { status ->
                insert(
                    "queue_manager_id" to if (status == "'picked'") "gen_random_uuid()" else "NULL",
                    *columns,
                    "status" to status,
                )
            }
        }
        insert("status" to "'picked'", "heartbeat" to "'infinity'", "queue_manager_id" to "gen_random_uuid()")
        for ((what, ids) in rows) withClue(what) { ids.forEach { backend.insights.job(it).shouldNotBeNull() } }
        backend.insights.job(rows.getValue("headers nested 401 deep").first())?.headers.shouldBeNull()
        backend.insights.job(rows.getValue("infinite times").first()).shouldNotBeNull().run {
            created shouldBe Instant.DISTANT_FUTURE
            runAt shouldBe Instant.DISTANT_PAST
        }
        backend.insights.heldJobs().size shouldBe rows.size
        backend.insights.staleJobs(30.seconds).size shouldBe 2
        backend.insights.queueSize().sumOf { it.count } shouldBe rows.size * 3L + 1
        backend.insights.activeWorkers().sumOf { it.jobs } shouldBe rows.size + 1L
    }

    test("a log with infinite times can be read and counted") {
        database.execute(
            """
            INSERT INTO pgqueuer_log (job_id, created, status, priority, entrypoint, traceback) VALUES
                (7, '-infinity', 'picked', 0, 'e', ${nested(5_000)}),
                (7, 'infinity', 'successful', 0, 'e', NULL),
                (8, '-infinity', 'picked', 0, 'e', NULL),
                (8, now(), 'successful', 0, 'e', NULL)
            """,
        )
        backend.insights.log(JobId(7)).map { it.created } shouldContainExactly
            listOf(Instant.DISTANT_PAST, Instant.DISTANT_FUTURE)
        backend.insights.lastStatuses(listOf(JobId(7))) shouldBe mapOf(JobId(7) to JobStatus.SUCCESSFUL)
        backend.insights.runTimes(1.hours).shouldBeEmpty()
        backend.insights.throughput(1.hours).sumOf { it.count } shouldBe 2
    }

    for (seed in 1..3) {
        test("any JSON as headers of jobs, and as failures in the log, is read, seed $seed") {
            val random = Random(seed)
            val rows = List(100) { random.json(depth = 4) to random.failure() }
            val ids = rows.map { (headers, failure) ->
                val id = insert("headers" to headers.literal())
                database.execute(
                    "INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, traceback) " +
                        "VALUES ($id, 'failed', 'e', 0, ${failure.literal()})",
                )
                id
            }
            ids.zip(rows) { id, row ->
                withClue(row) {
                    backend.insights.job(id)?.id shouldBe id
                    backend.insights.log(id).map { it.status } shouldContainExactly listOf(JobStatus.HELD)
                }
            }
            backend.claim(ClaimTarget("e"), limit = ids.size).jobs.map { it.job.id } shouldContainExactly ids
            database.execute("UPDATE pgqueuer SET status = 'failed'")
            backend.queue.heldJobs(limit = ids.size).map { it.job.id } shouldContainExactly ids
        }
    }

    test("headers that could not be read again are refused at enqueue, however deep, without an overflow") {
        fun headers(depth: Int): JsonObject {
            var element: JsonElement = JsonPrimitive(1)
            repeat(depth - 1) { level ->
                element = if (level % 2 == 0) JsonArray(listOf(element)) else JsonObject(mapOf("a" to element))
            }
            return JsonObject(mapOf("a" to element))
        }
        for (depth in listOf(NewJob.MAX_HEADERS_DEPTH + 1, 401, 100_000)) {
            shouldThrow<IllegalArgumentException> { NewJob("e") { headers = headers(depth) } }.message shouldContain
                "headers must be nested at most 100 deep"
        }
        val deepest = headers(NewJob.MAX_HEADERS_DEPTH)
        backend.queue.enqueue("e") { headers = deepest }
        backend.claim(ClaimTarget("e")).jobs.single().job.headers.toString() shouldBe deepest.toString()
    }
})

private fun failureOf(id: JobId) = FailureRecord(id.value, Instant.fromEpochSeconds(0), "t", "m", "s")

private val TEXTS = listOf(
    "", " ", "a", "true", "1e400", "ä😀",
    "2026-11-20T14:11:04Z", "9999-99-99T99:99:99Z", "'", "\\u001f", "\\\"", "x".repeat(500),
)

private val SCALARS =
    listOf("null", "true", "false", "0", "-1", "1.5", "1e308", "-0.0", "123456789012345678901234567890")

/** As SQL, whatever `standard_conforming_strings` is. */
private fun String.literal() = "E'" + replace("\\", "\\\\").replace("'", "''") + "'"

private fun Random.text() = "\"${TEXTS.random(this)}\""

private fun Random.json(depth: Int): String = when (if (depth == 0) nextInt(2) else nextInt(4)) {
    0 -> text()
    1 -> SCALARS.random(this)
    2 -> List(nextInt(4)) { json(depth - 1) }.joinToString(prefix = "[", postfix = "]")
    else -> List(nextInt(4)) { "${text()}: ${json(depth - 1)}" }.joinToString(prefix = "{", postfix = "}")
}

/** A failure as Python or this library writes it, with some of its fields replaced or missing; or anything. */
private fun Random.failure(): String {
    if (nextInt(4) == 0) return json(depth = 3)
    val fields = mapOf(
        "job_id" to "1",
        "timestamp" to "\"2026-11-20T14:11:04.304586Z\"",
        "exception_type" to "\"ValueError\"",
        "exception_message" to "\"no\"",
        "traceback" to "\"line 1\"",
        "additional_context" to "{\"entrypoint\": \"e\"}",
    )
    return fields.filter { nextInt(5) > 0 }
        .map { (name, value) -> "\"$name\": ${if (nextInt(3) == 0) json(depth = 2) else value}" }
        .joinToString(prefix = "{", postfix = "}")
}
