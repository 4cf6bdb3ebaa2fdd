package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.pgqueuer.FailureRecord
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import kotlin.time.TimeSource

/** The slots of entrypoints with a concurrency limit, which Python PgQueuer from 1.4 on shares. */
class SlotSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec { backend.schema.install() }
    afterEach { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }
    afterSpec { backend.close() }

    fun slots(entrypoint: String = "e") = database.texts(
        "SELECT slot::text FROM pgqueuer WHERE entrypoint = '$entrypoint' AND status = 'picked' ORDER BY id",
    )

    fun pick(slot: Int?, heartbeat: String = "now()", entrypoint: String = "e") = database.execute(
        "INSERT INTO pgqueuer (priority, entrypoint, status, queue_manager_id, heartbeat, slot) " +
            "VALUES (0, '$entrypoint', 'picked', gen_random_uuid(), $heartbeat, $slot)",
    )

    test("running jobs of a limited entrypoint take the slots below the limit, others take none") {
        backend.queue.enqueueAll(List(5) { NewJob("e") } + NewJob("free") + NewJob("one"))
        val leases = backend.claim(limited("e", 3), ClaimTarget("free"), limited("one", 1)).jobs.map { it.lease }
        leases.size shouldBe 5
        slots() shouldContainExactly listOf("0", "1", "2")
        slots("free") shouldContainExactly listOf(null)
        slots("one") shouldContainExactly listOf("0")
        backend.store.jobs.settle(listOf(Settlement(leases[1], Outcome.Succeeded)))
        backend.claim(limited("e", 3)).jobs.size shouldBe 1
        slots() shouldContainExactlyInAnyOrder listOf("0", "1", "2")
    }

    test("a job takes the slot that Python left free, and counts those of Python's jobs that have none") {
        pick(slot = 0)
        backend.queue.enqueueAll(List(5) { NewJob("e") })
        backend.claim(limited("e", 2)).jobs.size shouldBe 1
        slots() shouldContainExactly listOf("0", "1")
        // As Python 1.3 and unlimited workers claim.
        pick(slot = null)
        backend.claim(limited("e", 4)).jobs.size shouldBe 1
        slots() shouldContainExactlyInAnyOrder listOf("0", "1", null, "2")
        backend.claim(limited("e", 4)).jobs.shouldBeEmpty()
    }

    test("with different limits, the highest wins, and a slot above one's own limit counts") {
        backend.queue.enqueueAll(List(5) { NewJob("e") })
        backend.claim(limited("e", 3)).jobs.size shouldBe 3
        backend.claim(limited("e", 1)).jobs.shouldBeEmpty()
        database.execute("DELETE FROM pgqueuer WHERE slot < 2")
        backend.claim(limited("e", 2)).jobs.size shouldBe 1
        slots() shouldContainExactlyInAnyOrder listOf("2", "0")
    }

    test("a very high limit costs no more than a low one") {
        backend.queue.enqueueAll(List(3) { NewJob("e") })
        val began = TimeSource.Monotonic.markNow()
        backend.claim(limited("e", Int.MAX_VALUE)).jobs.size shouldBe 3
        began.elapsedNow() shouldBeLessThan 5.seconds
        slots() shouldContainExactly listOf("0", "1", "2")
    }

    test("a takeover keeps the slot, and whatever leaves the queue's running jobs gives it up") {
        backend.queue.enqueueAll(List(3) { NewJob("e") })
        backend.claim(limited("e", 3))
        database.execute("UPDATE pgqueuer SET heartbeat = now() - interval '1 minute'")
        val leases = backend.claim(limited("e", 3)).jobs.map { it.lease }
        leases.size shouldBe 3
        slots() shouldContainExactly listOf("0", "1", "2")
        val record = FailureRecord(1, Instant.fromEpochSeconds(0), "t", "m", "s")
        val outcomes = listOf(Outcome.Retried(1.minutes, record), Outcome.Held(record), Outcome.Released)
        backend.store.jobs.settle(leases.zip(outcomes) { lease, outcome -> Settlement(lease, outcome) })
        database.texts("SELECT slot::text FROM pgqueuer").toSet() shouldBe setOf(null)
    }

    test("a poison job gives its slot to the next job of the same claim") {
        pick(slot = 0, heartbeat = "now() - interval '1 minute'")
        backend.queue.enqueue("e")
        backend.claim(limited("e", 1), maxRescues = 1).jobs.size shouldBe 1
        slots() shouldContainExactly listOf("0")
    }

    test("a slot that a transaction of Python's has taken and not committed delays no other entrypoint") {
        backend.queue.enqueueAll(List(2) { NewJob("e") } + NewJob("other"))
        database.connect().use { python ->
            python.autoCommit = false
            python.execute(
                "UPDATE pgqueuer SET status = 'picked', slot = 0 WHERE id = (SELECT min(id) FROM pgqueuer)",
            )
            val began = TimeSource.Monotonic.markNow()
            val batch = backend.claim(limited("e", 2), ClaimTarget("other"))
            began.elapsedNow() shouldBeLessThan 2.seconds
            batch.jobs.map { it.job.entrypoint } shouldContainExactly listOf("other")
            (batch.waiting as Waiting.Seen).due shouldBe true
            python.commit()
        }
        backend.claim(limited("e", 2)).jobs.size shouldBe 1
        slots() shouldContainExactly listOf("0", "1")
    }

    test(
        "beside workers of Python's, the limit holds at every instant, each job runs once, and what they leave is run",
    ) {
        val limit = 3
        val jobs = 400
        database.watchPicked("shared")
        val ids = backend.queue.enqueueAll(List(jobs) { NewJob("shared") }).map { it.value }
        val python = List(2) { PythonWorker(database, "shared", limit, 10.milliseconds) }
        val ours = ConcurrentHashMap.newKeySet<Long>()
        val worker = backend.worker {
            entrypoint("shared", { concurrencyLimit = limit }) {
                ours += it.id.value
                delay(10.milliseconds)
            }
        }
        coroutineScope {
            python.forEach { launch(Dispatchers.IO) { it.run(most = jobs / 4) } }
            // Who looks first when a job ends gets its slot. So Python's workers begin, and leave after some jobs.
            soon { python.sumOf { it.done.size } shouldBeGreaterThan limit }
            launch { worker.run(RunOptions { mode = RunMode.DRAIN }) }
        }
        database.execute("DROP TRIGGER watch ON pgqueuer")
        val ran = python.flatMap { it.done } + ours
        ran.shouldBeUnique()
        ran shouldContainExactlyInAnyOrder ids
        database.mostPicked() shouldBeLessThanOrEqualTo limit
        ours.size shouldBeGreaterThan jobs / 3
    }
})
