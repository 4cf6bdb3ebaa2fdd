package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeSorted
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.headersOf
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import kotlin.random.Random
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

class LargeBatchSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec { backend.schema.install() }
    afterEach { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }
    afterSpec { backend.close() }

    test("a batch of several chunks is one transaction, with ids in its order") {
        val ids = backend.queue.enqueueAll(List(25_001) { NewJob("e", "$it".encodeToByteArray()) })
        ids.map { it.value }.shouldBeSorted()
        val jobs = backend.claim(ClaimTarget("e"), limit = 25_001).jobs
        jobs.map { it.job.id } shouldContainExactly ids
        jobs.map { it.job.payload!!.decodeToString() } shouldContainExactly List(25_001) { "$it" }
        database.texts("SELECT DISTINCT created FROM pgqueuer") shouldHaveSize 1
        database.text("SELECT count(*) FROM pgqueuer_log WHERE status = 'queued'") shouldBe "25001"
    }

    test("jobs of a batch large enough to be streamed are stored as those of a small one") {
        val jobs = listOf(
            NewJob("plain"),
            NewJob("tab\tline\nbackslash\\ 'quote' \"double\" 💶", ByteArray(0)) { priority = -7 },
            NewJob("all", Random(1).nextBytes(3_000)) {
                priority = 7
                delay = 90.minutes
                headers = headersOf("a\\b" to "c\nd é")
            },
            NewJob("late") { delay = 36_500.days },
        )
        val rows = "SELECT concat_ws('|', priority, entrypoint, status, md5(payload), payload IS NULL, headers, " +
            "dedupe_key, attempts, lease_epoch, rescues, queue_manager_id, execute_after - created, " +
            "created = updated, execute_after <= created) FROM pgqueuer WHERE entrypoint <> 'filler' ORDER BY id"
        val log = "SELECT concat_ws('|', status, priority, entrypoint, traceback, aggregated) FROM pgqueuer_log " +
            "WHERE entrypoint <> 'filler' ORDER BY id"

        backend.queue.enqueueAll(jobs)
        val (smallRows, smallLog) = database.texts(rows) to database.texts(log)
        database.execute("TRUNCATE pgqueuer, pgqueuer_log")
        backend.queue.enqueueAll(List(10_000) { NewJob("filler") } + jobs)

        smallRows shouldHaveSize jobs.size
        database.texts(rows) shouldContainExactly smallRows
        database.texts(log) shouldContainExactly smallLog
    }

    test("a large batch in a transaction of the caller's is gone with its rollback") {
        database.connect().use { connection ->
            connection.autoCommit = false
            backend.queue.enqueueAll(connection, List(12_000) { NewJob("e") }) shouldHaveSize 12_000
            connection.rollback()
        }
        database.text("SELECT count(*) FROM pgqueuer") shouldBe "0"
        database.text("SELECT count(*) FROM pgqueuer_log") shouldBe "0"
    }

    test("a duplicate in the last chunk undoes all of them") {
        backend.queue.enqueue("e") { dedupeKey = "taken" }
        val jobs = List(20_000) { NewJob("e") } + NewJob("e") { dedupeKey = "taken" }
        shouldThrow<DuplicateJobException> { backend.queue.enqueueAll(jobs) }.keys shouldContainExactly listOf("taken")
        backend.insights.queueSize().map { it.status to it.count } shouldContainExactly listOf(JobStatus.QUEUED to 1L)
        database.text("SELECT count(*) FROM pgqueuer_log") shouldBe "1"
    }

    test("the first of equal keys wins, also over chunks, and the others come back null") {
        val keys = List(20_500) { "k${it % 10_500}" }
        val ids = backend.queue.enqueueAll(keys.map { NewJob("e") { dedupeKey = it } }, OnConflict.SKIP)
        ids.map { it != null } shouldContainExactly List(20_500) { it < 10_500 }
        database.texts("SELECT dedupe_key FROM pgqueuer ORDER BY id") shouldContainExactly keys.take(10_500)
    }

    test("payloads of more than one statement may hold are stored all the same") {
        val payloads = List(5) { Random(it).nextBytes(15 * 1024 * 1024) }
        backend.queue.enqueueAll(payloads.map { NewJob("e", it) })
        payloads.forEach { payload ->
            val claimed = backend.claim(ClaimTarget("e"), limit = 1).jobs.single()
            claimed.job.payload.contentEquals(payload) shouldBe true
            backend.store.jobs.settle(listOf(Settlement(claimed.lease, Outcome.Succeeded))) shouldHaveSize 1
        }
    }

    test("of more jobs that have become due than a claim looks at, all are claimed, the most urgent first of these") {
        backend.queue.enqueueAll(
            List(2_500) {
                NewJob("e") {
                    priority = it % 2
                    delay = 1.milliseconds
                }
            },
        )
        soon { database.text("SELECT count(*) FROM pgqueuer WHERE execute_after <= now()") shouldBe "2500" }
        val first = backend.claim(ClaimTarget("e"), limit = 100).jobs
        first.map { it.job.priority }.toSet() shouldBe setOf(1)
        var claimed = first.size
        do {
            val more = backend.claim(ClaimTarget("e"), limit = 600).jobs.size
            claimed += more
        } while (more > 0)
        claimed shouldBe 2_500
    }
})
