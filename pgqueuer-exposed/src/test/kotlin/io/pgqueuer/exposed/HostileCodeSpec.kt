package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunOptions
import io.pgqueuer.Severity
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.conformance.Stress
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/**
 * Users' code at its worst, all kinds of it in one worker, on real threads and a real server. No other job is harmed, no
 * outcome is lost, and the worker shuts down.
 */
class HostileCodeSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec { backend.schema.install() }
    afterSpec { backend.close() }

    val options = RunOptions {
        shutdownTimeout = 1.seconds
        heartbeatTimeout = 5.seconds
        maxConcurrentTasks = 40
        failureSeverity = Severity.OFF
    }

    test("hostile handlers of all kinds harm no other job") {
        Stress.cycles(2) { seed ->
            database.execute("TRUNCATE pgqueuer, pgqueuer_log")
            val random = Random(seed)
            val hostile = HostileCode(backend)
            val jobs = List(300) { INNOCENT } + List(60) { HostileCode.FAILING.random(random) } +
                List(60) { HostileCode.SUCCEEDING.random(random) } + List(3) { HostileCode.ENDLESS }
            val names = jobs.shuffled(random)
            val ids = backend.queue.enqueueAll(names.map(::NewJob)).zip(names).toMap()
            val innocentRuns = ConcurrentHashMap<JobId, AtomicInteger>()
            val worker = backend.worker {
                defaults {
                    retry = RetryPolicy.NONE
                    onFailure = OnFailure.HOLD
                }
                hostile.register(this)
                entrypoint(INNOCENT) { job ->
                    check(!Thread.currentThread().isInterrupted) { "the thread was interrupted before" }
                    delay(random.nextInt(5).milliseconds)
                    innocentRuns.computeIfAbsent(job.id) { AtomicInteger() }.incrementAndGet()
                }
            }
            try {
                coroutineScope {
                    val run = async(Dispatchers.IO) { worker.run(options) }
                    withTimeout(60.seconds) {
                        soon {
                            database.text(
                                "SELECT count(*) FROM pgqueuer WHERE status IN ('queued', 'picked') " +
                                    "AND entrypoint <> '${HostileCode.ENDLESS}'",
                            ) shouldBe "0"
                        }
                    }
                    worker.shutdown()
                    measureTime { run.await() } shouldBeLessThan options.shutdownTimeout + 15.seconds
                    run.await().leasesLost shouldBe 0
                }
            } finally {
                hostile.release()
            }
            fun ended(status: String) = database.texts("SELECT job_id FROM pgqueuer_log WHERE status = '$status'").map {
                JobId(checkNotNull(it).toLong())
            }
            val successful = ended("successful")
            withClue("succeeded twice") { (successful - successful.toSet()).shouldBeEmpty() }
            innocentRuns.filterValues { it.get() != 1 }.shouldBeEmpty()
            val failing = ids.filterValues { it in HostileCode.FAILING }.keys
            val endless = ids.filterValues { it == HostileCode.ENDLESS }.keys
            withClue("did not succeed") { (ids.keys - failing - endless - successful.toSet()).shouldBeEmpty() }
            withClue("was not held") { (failing - ended("failed").toSet()).shouldBeEmpty() }
            backend.queue.heldJobs(1_000).map { it.job.id }.toSet() shouldBe failing
            withClue("ended, and never returned") {
                (endless intersect (successful + ended("failed")).toSet()).shouldBeEmpty()
            }
        }
    }
})

private const val INNOCENT = "innocent"

/** One entrypoint for each kind of hostile code. */
private class HostileCode(
    private val backend: PostgresBackend,
) {
    private val released = CountDownLatch(1)

    /** Lets the handlers end that never would. */
    fun release() = released.countDown()

    fun register(worker: WorkerBuilder) = with(worker) {
        entrypoint("throws an Error") { throw AssertionError("not an exception") }
        blockingEntrypoint("blocks and throws an Error") { throw NoClassDefFoundError("Gone") }
        entrypoint("overflows the stack") { overflow(0) }
        entrypoint("throws what cannot be printed") { throw Unprintable() }
        blockingEntrypoint("blocks and throws what cannot be printed") { throw Unprintable() }
        blockingEntrypoint("throws an interruption of its own") { throw InterruptedException("mine") }

        val canceledOnce = ConcurrentHashMap.newKeySet<JobId>()
        entrypoint("throws a cancellation of its own") {
            if (canceledOnce.add(it.id)) throw CancellationException("mine")
        }
        blockingEntrypoint("leaves its thread interrupted") { Thread.currentThread().interrupt() }
        entrypoint("suspends, and leaves its thread interrupted") {
            delay(1.milliseconds)
            Thread.currentThread().interrupt()
        }
        entrypoint("blocks in a coroutine") {
            @Suppress("BlockingMethodInNonBlockingContext")
            Thread.sleep(10)
        }
        blockingEntrypoint("joins an enqueue") { runBlocking { backend.queue.enqueue(INNOCENT) } }
        entrypoint("joins an enqueue in a coroutine") { runBlocking { backend.queue.enqueue(INNOCENT) } }
        blockingEntrypoint("joins the end of another job") {
            runBlocking {
                backend.completionWatcher(this) {}.use { it.awaitCompletion(backend.queue.enqueue(INNOCENT)) }
            }
        }

        blockingEntrypoint(ENDLESS) { awaitReleased() }
    }

    private fun overflow(depth: Int): Int = overflow(depth + 1) + 1

    /** Whatever interrupts it. */
    private fun awaitReleased() {
        while (true) {
            try {
                return released.await()
            } catch (_: InterruptedException) {
                // Goes on.
            }
        }
    }

    /** Throws out of all that a logger or a recorder may call. */
    private class Unprintable : RuntimeException() {
        override val message: String get() = throw IllegalStateException("no message")
        override val cause: Throwable get() = throw AssertionError("no cause")

        override fun toString(): String = throw Error("no text")

        override fun getStackTrace(): Array<StackTraceElement> = throw IllegalStateException("no trace")
    }

    companion object {
        const val ENDLESS = "never returns"
        val FAILING = listOf(
            "throws an Error",
            "blocks and throws an Error",
            "overflows the stack",
            "throws what cannot be printed",
            "blocks and throws what cannot be printed",
            "throws an interruption of its own",
        )
        val SUCCEEDING = listOf(
            "throws a cancellation of its own",
            "leaves its thread interrupted",
            "suspends, and leaves its thread interrupted",
            "blocks in a coroutine",
            "joins an enqueue",
            "joins an enqueue in a coroutine",
            "joins the end of another job",
        )
    }
}
