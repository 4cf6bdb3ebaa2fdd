package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainOnly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.adapter.StoreBackend
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** One job should wake few workers, and never wait for one that is busy or dead. */
class FewWakeUpsSpec : FunSpec({
    test("of 20 idle workers, one claims each job, at once") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                settleIn()
                claims = 0
                val delays = List(50) { delayOfOneJob() }
                delays.shouldContainOnly(Duration.ZERO)
                claims shouldBeLessThanOrEqual 60
            }
        }
    }

    test("claims of workers that share jobs tell what waits, so that the others are told early") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 2)) {
                val told = mutableListOf<Boolean>()
                settleIn()
                backends.forEach { it.faults.beforeClaim = { request -> told += request.tellsWaiting } }
                repeat(10) { delayOfOneJob() }
                told.shouldContainOnly(true)
            }
        }
    }

    test("several jobs at once start at once") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                settleIn()
                repeat(10) {
                    backend.queue.enqueueAll(List(7) { NewJob("e") })
                    List(7) { starts.receive().at }.shouldContainOnly(elapsed)
                    delay(1.seconds)
                }
            }
        }
    }

    test("if the eager worker hangs or dies between the notification and its claim, another one soon claims") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                val eager = settleIn()
                eager.faults.beforeClaim = { awaitCancellation() }
                delayOfOneJob().shouldBeAPause()
                starters.last() shouldNotBe eager
                // And then that one is eager.
                delayOfOneJob() shouldBe Duration.ZERO
            }
        }
    }

    test(
        "if the eager worker hangs or dies with a claimed job, another one soon takes over when the lease has expired",
    ) {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                // Workers take nothing over when they have just started.
                delay(1.minutes)
                val doomed = settleIn()
                doomed.faults.afterClaim = { if (it.jobs.isNotEmpty()) awaitCancellation() }
                backend.queue.enqueue("e")
                val enqueued = elapsed
                starts.receive().at - enqueued - LEASE shouldBeLessThanOrEqualTo LONGEST_PAUSE * 2
                starters.last() shouldNotBe doomed
            }
        }
    }

    test("if the eager worker is full, another one soon claims") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20, tasks = 1, work = { delay(1.minutes) })) {
                settleIn()
                val delays = List(10) {
                    val enqueued = elapsed
                    backend.queue.enqueue("e")
                    (starts.receive().at - enqueued).also { delay(100.milliseconds) }
                }
                delays.forEach { it shouldBeLessThanOrEqualTo LONGEST_PAUSE }
                starters.takeLast(10).toSet().size shouldBe 10
            }
        }
    }

    test("jobs that run for long spread over the workers") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 4, work = { delay(1.hours) })) {
                repeat(60) {
                    backend.queue.enqueue("e")
                    delay(100.milliseconds)
                }
                val jobs = List(60) { starts.receive().by }.groupingBy { it }.eachCount()
                jobs.size shouldBe 4
                jobs.values.max() shouldBeLessThanOrEqual 30
            }
        }
    }

    test("a deferred job wakes few workers when it is enqueued and when it is due, and starts on time") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                settleIn()
                repeat(5) {
                    claims = 0
                    backend.queue.enqueue("e") { delay = 10.seconds }
                    val due = elapsed + 10.seconds
                    starts.receive().at shouldBe due
                    delay(1.seconds)
                    claims shouldBeLessThanOrEqual 4
                }
            }
        }
    }

    test("few workers look when the leases of past jobs would have expired") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                settleIn()
                claims = 0
                delay(1.minutes)
                claims shouldBeLessThanOrEqual 3
            }
        }
    }

    test("workers of other entrypoints are not spared jobs that these workers cannot see") {
        engineTest { backend ->
            val ones = Crew(this, backend, workers = 5, entrypoint = "one")
            val others = Crew(this, backend, workers = 5, entrypoint = "other")
            repeat(20) {
                for (crew in listOf(ones, others)) {
                    crew.delayOfOneJob() shouldBeLessThanOrEqualTo if (it < 5) LONGEST_PAUSE else Duration.ZERO
                }
            }
        }
    }

    test("a job that is enqueued while the eager worker claims starts soon after") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                settleIn()
                // The claim has seen all that it sees, and its answer is on the way.
                backends.forEach { it.faults.afterClaim = { delay(4.milliseconds) } }
                repeat(20) {
                    backend.queue.enqueue("e")
                    delay(2.milliseconds)
                    val enqueued = elapsed
                    backend.queue.enqueue("e")
                    repeat(2) { starts.receive() }
                    elapsed - enqueued shouldBeLessThanOrEqualTo LONGEST_PAUSE + 8.milliseconds
                    delay(1.seconds)
                }
            }
        }
    }

    test("if other workers cannot be told, each job starts soon all the same") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                settleIn()
                backends.forEach { it.faults.beforePublish = { error("nothing can be published") } }
                repeat(10) { delayOfOneJob() shouldBeLessThanOrEqualTo LONGEST_PAUSE }
            }
        }
    }

    test("a job that another program takes wakes few workers") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 20)) {
                val eager = settleIn()
                backend.queue.enqueue("e") { delay = 1.hours }
                delay(1.seconds)
                claims = 0
                repeat(10) {
                    // A job of an entrypoint that nobody serves: all are notified.
                    backend.queue.enqueue("nobody's")
                    delay(1.seconds)
                }
                claims shouldBeLessThanOrEqual 20
                delayOfOneJob() shouldBe Duration.ZERO
                starters.last() shouldBe eager
            }
        }
    }

    test("a lone worker starts every job at once, and tells nobody") {
        engineTest { backend ->
            with(Crew(this, backend, workers = 1)) {
                delay(1.seconds)
                var published = 0
                backends.single().faults.beforePublish = { published++ }
                repeat(20) { delayOfOneJob() shouldBe Duration.ZERO }
                published shouldBe 0
                repeat(20) {
                    backend.queue.enqueue("e") { delay = 500.milliseconds }
                    val due = elapsed + 500.milliseconds
                    delayOfOneJob() shouldBe Duration.ZERO
                    starts.receive().at shouldBe due
                }
                // It cannot know that nobody else took the deferred jobs.
                published shouldBeLessThanOrEqual 1
            }
        }
    }
})

private val LEASE = 30.seconds
private val LONGEST_PAUSE = 25.milliseconds

private fun Duration.shouldBeAPause() {
    this shouldBeGreaterThanOrEqualTo 5.milliseconds
    this shouldBeLessThanOrEqualTo LONGEST_PAUSE
}

private class Start(
    val by: FaultyBackend,
    val at: Duration,
)

/** Equal workers that hardly poll, each on a backend of its own. */
private class Crew(
    private val test: TestScope,
    private val real: StoreBackend,
    workers: Int,
    tasks: Int? = null,
    private val entrypoint: String = "e",
    private val work: suspend () -> Unit = {},
) {
    val backends = List(workers) { FaultyBackend(real) }
    val starts = Channel<Start>(Channel.UNLIMITED)

    /** Who started a job, in order. */
    val starters = mutableListOf<FaultyBackend>()
    private var claimsBefore = 0

    var claims: Int
        get() = backends.sumOf { it.faults.claims } - claimsBefore
        set(value) {
            claimsBefore = backends.sumOf { it.faults.claims } - value
        }

    init {
        for (backend in backends) {
            val worker = backend.worker {
                entrypoint(entrypoint) {
                    starters += backend
                    starts.send(Start(backend, test.elapsed))
                    work()
                }
            }
            test.start(
                worker,
                RunOptions {
                    dequeueTimeout = 2.hours
                    heartbeatTimeout = LEASE
                    maxConcurrentTasks = tasks
                },
            )
        }
    }

    /** Enqueues a job, and returns how long it takes until a worker starts it. */
    suspend fun delayOfOneJob(): Duration {
        val enqueued = test.elapsed
        real.queue.enqueue(entrypoint)
        return (starts.receive().at - enqueued).also { delay(100.milliseconds) }
    }

    /** Runs some jobs, by which the workers find out about each other. Returns the worker that is eager then. */
    suspend fun settleIn(): FaultyBackend {
        delay(1.seconds)
        repeat(5) { delayOfOneJob() }
        return starters.last()
    }
}
