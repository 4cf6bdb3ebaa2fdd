package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.WorkerId
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration

class ConcurrentClaimsSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend { poolMaxSize = CLAIMERS }
    beforeSpec { backend.schema.install() }
    afterEach {
        backend.clearAll()
        database.execute("TRUNCATE pgqueuer_log")
    }
    afterSpec { backend.close() }

    /** Starts all claimers at one instant. */
    suspend fun <T> atOnce(claimer: suspend (WorkerId) -> T): List<T> = coroutineScope {
        val start = CompletableDeferred<Unit>()
        val claimers = List(CLAIMERS) {
            async(Dispatchers.Default) {
                start.await()
                claimer(newWorker())
            }
        }
        start.complete(Unit)
        claimers.awaitAll()
    }

    test("many claims at once lease each job once, also where they skip each other's rows") {
        val ids = backend.store.jobs.enqueue(
            List(3_000) {
                NewJob("e${it % 3}") {
                    priority = it % 5
                    delay = Duration.ZERO
                }
            },
        ).filterNotNull()
        val claimed = atOnce { worker ->
            val mine = mutableListOf<ClaimedJob>()
            do {
                val batch = backend.claim(
                    ClaimTarget("e0"),
                    ClaimTarget("e1"),
                    ClaimTarget("e2"),
                    limit = 17,
                    worker = worker,
                )
                mine += batch.jobs
            } while (batch.jobs.isNotEmpty())
            mine
        }.flatten()
        claimed.map { it.job.id }.shouldBeUnique()
        // A claim may come back empty while others hold the last rows; then these are left for a later one.
        val rest = backend.claim(ClaimTarget("e0"), ClaimTarget("e1"), ClaimTarget("e2"), limit = 3_000)
        claimed.map { it.job.id } + rest.jobs.map { it.job.id } shouldContainExactlyInAnyOrder ids
    }

    test("a concurrency limit is never exceeded, by claims, enqueues, settles and releases at one instant") {
        backend.store.jobs.enqueue(List(400) { NewJob("limited") } + List(100) { NewJob("free") })
        database.watchPicked("limited")
        val targets = arrayOf(limited("limited", LIMIT), ClaimTarget("free"))
        val seen = atOnce { worker ->
            val mine = mutableListOf<JobId>()
            repeat(40) { round ->
                // What is more urgent than what another claim has just locked must not go past the limit either.
                backend.queue.enqueue("limited") { priority = round }
                val batch = backend.claim(*targets, limit = 4, worker = worker)
                mine += batch.jobs.map { it.job.id }
                val outcome = if (round % 2 == 0) Outcome.Succeeded else Outcome.Released
                backend.store.jobs.settle(batch.jobs.map { Settlement(it.lease, outcome) })
            }
            mine
        }.flatten()
        (seen.size > 100) shouldBe true
        database.texts("SELECT picked FROM watched WHERE picked > $LIMIT").shouldBeEmpty()
        // The limit was reached, or nothing was proved.
        database.mostPicked() shouldBe LIMIT
    }

    test("a claim counts one that is not committed yet, also where a more urgent job came between them") {
        val target = limited("single", 1)
        backend.queue.enqueue("single")
        database.connect().use { other ->
            other.autoCommit = false
            other.execute("SELECT pg_advisory_xact_lock('pgqueuer'::regclass::oid::int, hashtext('single'))")
            other.execute(
                "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), heartbeat = now()",
            )
            backend.queue.enqueue("single") { priority = 9 }
            coroutineScope {
                val second = async(Dispatchers.Default) { backend.claim(target) }
                soon { (second.isCompleted || database.texts(WAITING_FOR_LOCK).size == 1) shouldBe true }
                other.commit()
                second.await().jobs.shouldBeEmpty()
                backend.claim(target).jobs.shouldBeEmpty()
            }
        }
    }

    test("a stalled client that holds the lock of one entrypoint stops no other entrypoint") {
        val targets = arrayOf(limited("stalled", LIMIT), limited("other", LIMIT), ClaimTarget("free"))
        val ids = listOf("stalled", "other", "free").associateWith { backend.queue.enqueue(it) }
        database.connect().use { stalled ->
            stalled.autoCommit = false
            stalled.execute("SELECT pg_advisory_xact_lock('pgqueuer'::regclass::oid::int, hashtext('stalled'))")
            val batch = backend.claim(*targets)
            batch.jobs.map { it.job.entrypoint } shouldContainExactlyInAnyOrder listOf("other", "free")
            (batch.waiting as Waiting.Seen).due shouldBe true
            // Now there is nothing but what is locked.
            val left = backend.claim(*targets)
            left.jobs.shouldBeEmpty()
            (left.waiting as Waiting.Seen).due shouldBe true
            stalled.commit()
        }
        backend.claim(*targets).jobs.map { it.job.id } shouldContainExactlyInAnyOrder listOf(ids.getValue("stalled"))
    }

    test("a stalled client that holds the lock of one entrypoint stops no worker") {
        backend.store.jobs.enqueue(List(100) { NewJob("other") } + NewJob("stalled"))
        val done = AtomicInteger()
        val worker = backend.worker {
            entrypoint("stalled", { concurrencyLimit = 1 }) { done.incrementAndGet() }
            entrypoint("other", { concurrencyLimit = 3 }) { done.incrementAndGet() }
        }
        database.connect().use { stalled ->
            stalled.autoCommit = false
            stalled.execute("SELECT pg_advisory_xact_lock('pgqueuer'::regclass::oid::int, hashtext('stalled'))")
            coroutineScope {
                val run = async(Dispatchers.Default) { worker.run() }
                soon { done.get() shouldBe 100 }
                stalled.commit()
                soon { done.get() shouldBe 101 }
                worker.shutdown()
                run.await()
            }
        }
    }

    test("workers of one limited entrypoint take turns, however many they are") {
        backend.store.jobs.enqueue(List(400) { NewJob("limited") })
        val counts = atOnce { worker ->
            var mine = 0
            do {
                val batch = backend.claim(limited("limited", LIMIT), limit = 1, worker = worker)
                mine += backend.store.jobs.settle(batch.jobs.map { Settlement(it.lease, Outcome.Succeeded) }).size
            } while ((batch.waiting as? Waiting.Seen)?.queued != false)
            mine
        }
        counts.sum() shouldBe 400
        (counts.min() > 0) shouldBe true
    }

    test("a limit of one lets one job run, of all that are claimed at one instant") {
        repeat(20) {
            backend.store.jobs.enqueue(List(CLAIMERS) { NewJob("single") })
            val leased = atOnce { backend.claim(limited("single", 1), limit = 5, worker = it).jobs }.flatten()
            leased.size shouldBe 1
            backend.clearAll()
        }
    }

    test("an expired lease is taken over once, however many try") {
        repeat(10) {
            val (id) = backend.store.jobs.enqueue(listOf(NewJob("e")))
            val lost = backend.claim(ClaimTarget("e")).jobs.single().lease
            database.execute("UPDATE pgqueuer SET heartbeat = now() - interval '1 hour'")
            val taken = atOnce { backend.claim(limited("e", LIMIT), worker = it).jobs }.flatten()
            taken.map { it.job.id } shouldContainExactlyInAnyOrder listOf(id)
            taken.single().job.rescues shouldBe 1
            backend.store.jobs.renew(listOf(lost)).held.shouldBeEmpty()
            backend.store.jobs.settle(listOf(Settlement(lost, Outcome.Succeeded))).shouldBeEmpty()
            backend.clearAll()
        }
    }

    test("settles, renewals and cancels of the same jobs at one instant neither deadlock nor write twice") {
        val database = TestPostgres.newDatabase()
        val backend = database.backend { poolMaxSize = CLAIMERS }
        backend.schema.install()
        repeat(5) {
            val worker = newWorker()
            backend.store.jobs.enqueue(List(200) { NewJob("e") })
            val leases = backend.claim(ClaimTarget("e"), limit = 200, worker = worker).jobs.map { it.lease }
            fun succeeded(leases: List<Lease>) = leases.map { Settlement(it, Outcome.Succeeded) }
            val ends = atOnce {
                backend.store.jobs.renew(leases.shuffled())
                val settled = backend.store.jobs.settle(succeeded(leases.shuffled().take(100)))
                settled.map { it.jobId } to backend.store.jobs.cancel(leases.shuffled().take(50).map { it.jobId })
            }
            val settled = ends.flatMap { it.first } + backend.store.jobs.settle(succeeded(leases)).map { it.jobId }
            val canceled = ends.flatMap { it.second }
            (settled + canceled).shouldBeUnique()
            (settled + canceled) shouldContainExactlyInAnyOrder leases.map { it.jobId }
            fun logged(status: String) = database.texts("SELECT job_id FROM pgqueuer_log WHERE status = '$status'")
            logged("successful") shouldContainExactlyInAnyOrder settled.map { "$it" }
            logged("canceled") shouldContainExactlyInAnyOrder canceled.map { "$it" }
            backend.clearAll()
            database.execute("TRUNCATE pgqueuer_log")
        }
        // What a deadlock undid is tried again, and seen nowhere else. Connections report theirs when they end, at the
        // latest.
        backend.close()
        database.awaitConnections(0)
        database.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") shouldBe "0"
    }
})

private const val CLAIMERS = 12
private const val LIMIT = 3
