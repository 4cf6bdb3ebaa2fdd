package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runInterruptible
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** The engine on real PostgreSQL and real threads; what it does is proved under virtual time, on the store in memory. */
class WorkerOnPostgresSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val other = database.backend()
    val drain = RunOptions { mode = RunMode.DRAIN }

    // A worker that is not woken would sit out the whole test.
    val patient = RunOptions { dequeueTimeout = 1.hours }

    beforeSpec { backend.schema.install() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }
    afterSpec {
        backend.close()
        other.close()
    }

    test("deliveries are acknowledged, put back, and given back when the flow is left") {
        val ids = backend.queue.enqueueAll(List(3) { NewJob("orders") })
        backend.queue.consume("orders").first().job.id shouldBe ids[0]
        backend.insights.job(ids[0])?.status shouldBe JobStatus.QUEUED
        val seen = mutableListOf<Pair<Long, Int>>()
        backend.queue.consume("orders") { mode = RunMode.DRAIN }.collect {
            seen += it.job.id.value to it.job.attempts
            if (it.job.id == ids[1] && it.job.attempts == 0) it.nack() else it.ack()
        }
        seen.sortedWith(compareBy({ it.first }, { it.second })) shouldContainExactly
            listOf(ids[0].value to 0, ids[1].value to 0, ids[1].value to 1, ids[2].value to 0)
        ids.forEach { backend.insights.log(it).last().status shouldBe JobStatus.SUCCESSFUL }
    }

    test("an enqueue, a requeue and a cancel from another process reach a worker at once") {
        val started = CompletableDeferred<Unit>()
        val stopped = CompletableDeferred<Unit>()
        var broken = true
        val worker = backend.worker {
            entrypoint("held", { retry = RetryPolicy.NONE }) { if (broken) error("broken") }
            entrypoint("long") {
                started.complete(Unit)
                try {
                    awaitCancellation()
                } finally {
                    stopped.complete(Unit)
                }
            }
        }
        val start = TimeSource.Monotonic.markNow()
        coroutineScope {
            val report = async(Dispatchers.Default) { worker.run(patient) }
            val held = other.queue.enqueue("held")
            soon { other.queue.heldJobs().map { it.job.id } shouldContainExactly listOf(held) }
            broken = false
            other.queue.requeue(listOf(held))
            soon { other.insights.log(held).last().status shouldBe JobStatus.SUCCESSFUL }
            val long = other.queue.enqueue("long")
            started.await()
            other.queue.cancel(listOf(long))
            stopped.await()
            worker.shutdown()
            report.await().let { listOf(it.succeeded, it.held, it.canceled) }.shouldContainExactly(1L, 1L, 1L)
        }
        // Well below what a heartbeat or a poll would take.
        start.elapsedNow() shouldBeLessThan 9.seconds
    }

    test("a thousand waiters hear of the ends of their jobs, which another process works") {
        val ids = backend.queue.enqueueAll(List(1_000) { NewJob("awaited") })
        val worker = other.worker { entrypoint("awaited") { } }
        coroutineScope {
            // Without notifications they would wait for the safety poll.
            backend.completionWatcher(this) { safetyPoll = 1.hours }.use { watcher ->
                val ends = ids.map { async { watcher.awaitCompletion(it) } }
                val report = async(Dispatchers.Default) { worker.run(patient) }
                ends.awaitAll().toSet() shouldBe setOf(JobStatus.SUCCESSFUL)
                worker.shutdown()
                report.await().succeeded shouldBe 1_000
            }
        }
    }

    test("a worker that listens is healthy, and counts what it did into the statistics") {
        database.execute("TRUNCATE pgqueuer_statistics")
        val worker = backend.worker { entrypoint("e") { } }
        coroutineScope {
            val report = async(Dispatchers.Default) { worker.run(patient.with { logAggregationInterval = 1.seconds }) }
            soon { worker.listenerHealthy() shouldBe true }
            backend.queue.enqueue("e")
            soon { database.text("SELECT sum(count) FROM pgqueuer_statistics") shouldBe "3" }
            worker.shutdown()
            report.await()
        }
    }

    test("retries run until they succeed, in one drain") {
        val id = backend.queue.enqueue("flaky")
        val worker = backend.worker {
            entrypoint("flaky") { if (attempt < 4) throw RetryRequested((attempt * 20).milliseconds, "not yet") }
        }
        worker.run(drain).let { (it.retried to it.succeeded) shouldBe (3L to 1L) }
        backend.insights.log(id).mapNotNull { it.failure?.message }.size shouldBe 3
    }

    test("handlers that burn every thread for longer than the heartbeat timeout keep their jobs") {
        val cores = Runtime.getRuntime().availableProcessors()
        backend.queue.enqueueAll(List(cores) { NewJob("burn") })
        val timeout = 600.milliseconds
        val burning = CountDownLatch(cores)
        val burners = backend.worker {
            entrypoint("burn") {
                burning.countDown()
                val start = TimeSource.Monotonic.markNow()
                @Suppress("ControlFlowWithEmptyBody")
                while (start.elapsedNow() < 3.seconds
                    );
            }
        }
        val thief = other.worker { entrypoint("burn") { error("stolen") } }
        coroutineScope {
            val report = async(Dispatchers.Default) { burners.run(drain.with { heartbeatTimeout = timeout }) }
            runInterruptible(Dispatchers.IO) { burning.await() }
            val options = RunOptions {
                heartbeatTimeout = timeout
                dequeueTimeout = 50.milliseconds
            }
            val stealing = async(Dispatchers.IO) { thief.run(options) }
            report.await().succeeded shouldBe cores.toLong()
            thief.shutdown()
            stealing.await()
        }
        database.text("SELECT count(*) FROM pgqueuer_log WHERE status = 'picked'") shouldBe "$cores"
    }
})
