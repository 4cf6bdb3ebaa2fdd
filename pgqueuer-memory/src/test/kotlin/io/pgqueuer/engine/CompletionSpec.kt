package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldNotBeInstanceOf
import io.pgqueuer.Backend
import io.pgqueuer.JobGoneException
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.SchemaException
import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.job
import kotlinx.coroutines.plus
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class CompletionSpec : FunSpec({
    fun TestScope.watcher(backend: Backend, scope: CoroutineScope = backgroundScope) = backend.completionWatcher(scope)

    /** Works entrypoints "quick" and "failing" at once, "slow" in ten seconds, and holds "held". */
    fun Backend.testWorker(broken: () -> Boolean = { true }) = worker {
        deleteFailedJobs()
        entrypoint("quick") { }
        entrypoint("slow") { delay(10.seconds) }
        entrypoint("failing") { error("broken") }
        entrypoint("held", { onFailure = OnFailure.HOLD }) { if (broken()) error("broken") }
    }

    test("a wait ends when the job does, and tells how") {
        engineTest { backend ->
            start(backend.testWorker())
            val watcher = watcher(backend)
            val id = backend.queue.enqueue("slow")
            watcher.awaitCompletion(id) shouldBe JobStatus.SUCCESSFUL
            elapsed shouldBeLessThanOrEqualTo 10.seconds + 50.milliseconds
            watcher.awaitCompletion(backend.queue.enqueue("failing")) shouldBe JobStatus.EXCEPTION
            elapsed shouldBeLessThanOrEqualTo 11.seconds
        }
    }

    test("a watcher that is used after it was closed refuses, and starts nothing in its scope") {
        engineTest { backend ->
            val scope = CoroutineScope(Job())
            val watcher = watcher(backend, scope)
            watcher.close()
            val id = backend.queue.enqueue("quick")
            shouldThrow<IllegalStateException> {
                watcher.awaitCompletion(id)
            }.shouldNotBeInstanceOf<CancellationException>()
            scope.coroutineContext.job.children.toList().shouldBeEmpty()
        }
    }

    test("a watcher whose scope has ended refuses with an error, which is no cancellation of its caller") {
        engineTest { backend ->
            val scope = CoroutineScope(Job()).also { it.cancel() }
            val id = backend.queue.enqueue("quick")
            shouldThrow<IllegalStateException> { watcher(backend, scope).awaitCompletion(id) }
                .shouldNotBeInstanceOf<CancellationException>()
        }
    }

    test("a job that has ended already is told at once") {
        engineTest { backend ->
            val id = backend.queue.enqueue("quick")
            backend.testWorker().run(DRAIN)
            watcher(backend).awaitCompletion(id) shouldBe JobStatus.SUCCESSFUL
            elapsed shouldBe Duration.ZERO
        }
    }

    test("canceled and cleared jobs have ended") {
        engineTest { backend ->
            val (canceled, cleared) = backend.queue.enqueueAll(listOf(NewJob("a"), NewJob("b")))
            val watcher = watcher(backend)
            val ends = async { watcher.awaitAll(listOf(canceled, cleared)) }
            delay(1.minutes)
            backend.queue.cancel(listOf(canceled))
            backend.queue.clear("b")
            ends.await() shouldBe mapOf(canceled to JobStatus.CANCELED, cleared to JobStatus.DELETED)
            elapsed shouldBeLessThanOrEqualTo 1.minutes + 50.milliseconds
        }
    }

    test("without endOnHeld, a held job has not ended until it is requeued and ends") {
        engineTest { backend ->
            var broken = true
            start(backend.testWorker { broken })
            val id = backend.queue.enqueue("held")
            val watcher = backend.completionWatcher(backgroundScope) { endOnHeld = false }
            withTimeoutOrNull(1.hours) { watcher.awaitCompletion(id) }.shouldBeNull()
            broken = false
            val end = async { watcher.awaitCompletion(id) }
            delay(1.minutes)
            backend.queue.requeue(listOf(id))
            end.await() shouldBe JobStatus.SUCCESSFUL
            elapsed shouldBeLessThanOrEqualTo 1.hours + 1.minutes + 50.milliseconds
        }
    }

    test("a wait also ends when the job is held, at once") {
        engineTest { backend ->
            start(backend.testWorker())
            val watcher = backend.completionWatcher(backgroundScope) {
                safetyPoll = 1.hours
            }
            val id = backend.queue.enqueue("held")
            watcher.awaitCompletion(id) shouldBe JobStatus.HELD
            watcher.awaitAll(listOf(id, backend.queue.enqueue("quick"))).values.toSet() shouldBe
                setOf(JobStatus.HELD, JobStatus.SUCCESSFUL)
            elapsed shouldBeLessThanOrEqualTo 200.milliseconds
        }
    }

    test("the statuses of a job come as they are seen, each once, and end with its end") {
        engineTest { backend ->
            var broken = true
            val id = backend.queue.enqueue("held") { delay = 1.minutes }
            val watcher = backend.completionWatcher(backgroundScope) { endOnHeld = false }
            val seen = async { watcher.statuses(id).map { it to elapsed.inWholeMinutes }.toList() }
            start(backend.testWorker { broken })
            delay(2.minutes)
            broken = false
            backend.queue.requeue(listOf(id))
            // A claim sends no notification: whether it is seen depends on what else wakes the watcher.
            seen.await().filter { it.first != JobStatus.PICKED } shouldContainExactly listOf(
                JobStatus.QUEUED to 0L,
                JobStatus.HELD to 1L,
                JobStatus.SUCCESSFUL to 2L,
            )
        }
    }

    test("a status that lasts is seen by the safety poll, and whoever stops collecting ends the watch") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            start(backend.testWorker())
            val id = real.queue.enqueue("slow")
            watcher(backend).statuses(id).first { it == JobStatus.PICKED }
            elapsed shouldBeLessThanOrEqualTo 5.seconds + 50.milliseconds
            val looks = backend.faults.looks
            delay(1.minutes)
            backend.faults.looks shouldBeLessThanOrEqual looks + 1
        }
    }

    test("the statuses end with an error when the watcher is closed") {
        engineTest { backend ->
            val watcher = watcher(backend)
            val id = backend.queue.enqueue("nobody")
            val failed = async { runCatching { watcher.statuses(id).collect { watcher.close() } } }
            failed.await().exceptionOrNull()?.message shouldBe
                "the completion watcher was closed, or its scope has ended"
        }
    }

    test("waiting for a job whose row is deleted fails; waiting for an id that never existed goes on") {
        engineTest { backend ->
            val watcher = watcher(backend)
            val id = backend.queue.enqueue("nobody works this")
            val end = async { shouldThrow<JobGoneException> { watcher.awaitCompletion(id) } }
            delay(1.minutes)
            // Its rows are gone, and there is no log row for it.
            backend.reset()
            end.await().jobId shouldBe id
            elapsed shouldBeLessThanOrEqualTo 1.minutes + 10.seconds
            withTimeoutOrNull(1.hours) { watcher.awaitCompletion(id) }.shouldBeNull()
        }
    }

    test("a thousand waiters share the queries") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val ids = backend.queue.enqueueAll(List(1_000) { NewJob("slow") })
            val watcher = watcher(backend)
            val waiters = ids.map { id -> async { watcher.awaitCompletion(id) } }
            start(real.testWorker())
            waiters.awaitAll().distinct() shouldContainExactly listOf(JobStatus.SUCCESSFUL)
            elapsed shouldBeLessThanOrEqualTo 10.seconds + 100.milliseconds
            // At first, on listening, two polls, and for the ends.
            backend.faults.looks shouldBeLessThanOrEqual 8
        }
    }

    test("ends that follow each other closely are looked up together") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val worker = real.worker { entrypoint("e") { delay((it.id.value * 7).milliseconds) } }
            val ids = backend.queue.enqueueAll(List(100) { NewJob("e") })
            start(worker)
            watcher(backend).awaitAll(ids) shouldBe ids.associateWith { JobStatus.SUCCESSFUL }
            // 700 ms of ends, one look each 50 ms.
            backend.faults.looks shouldBeLessThanOrEqual 17
            elapsed shouldBeLessThanOrEqualTo 750.milliseconds
        }
    }

    test("with every notification lost, the end is found by the safety poll") {
        engineTest { real ->
            val backend = FaultyBackend(real).apply { faults.deaf = true }
            start(real.testWorker())
            val id = backend.queue.enqueue("slow")
            watcher(backend).awaitCompletion(id) shouldBe JobStatus.SUCCESSFUL
            elapsed shouldBeLessThanOrEqualTo 15.seconds + 200.milliseconds
        }
    }

    test("while nobody waits, nothing is asked for") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val watcher = watcher(backend)
            withTimeoutOrNull(1.minutes) { watcher.awaitCompletion(JobId(Long.MAX_VALUE)) }.shouldBeNull()
            val looks = backend.faults.looks
            start(real.testWorker())
            repeat(100) {
                backend.queue.enqueue("quick")
                delay(1.minutes)
            }
            backend.faults.looks shouldBeLessThanOrEqual looks + 1
        }
    }

    test("the first to end is told, and the others are waited for no more") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            val (slow, quick) = backend.queue.enqueueAll(listOf(NewJob("slow"), NewJob("quick")))
            start(real.testWorker())
            val watcher = watcher(backend)
            watcher.awaitFirst(listOf(slow, quick)) shouldBe (quick to JobStatus.SUCCESSFUL)
            elapsed shouldBeLessThanOrEqualTo 100.milliseconds
            val looks = backend.faults.looks
            delay(1.days)
            backend.faults.looks shouldBeLessThanOrEqual looks + 1
            shouldThrow<IllegalArgumentException> { watcher.awaitFirst(emptyList()) }.message shouldBe
                "ids must not be empty: there is nothing to wait for"
        }
    }

    test("all of none have ended, and a job that is named twice is told once") {
        engineTest { backend ->
            val watcher = watcher(backend)
            watcher.awaitAll(emptyList()).shouldBeEmpty()
            start(backend.testWorker())
            val id = backend.queue.enqueue("quick")
            watcher.awaitAll(listOf(id, id)) shouldBe mapOf(id to JobStatus.SUCCESSFUL)
        }
    }

    test("a watcher that is closed tells its waiters, and takes no more") {
        engineTest { backend ->
            val watcher = watcher(backend)
            val id = backend.queue.enqueue("e")
            val waiting = backgroundScope.async { runCatching { watcher.awaitCompletion(id) } }
            delay(1.seconds)
            watcher.close()
            watcher.close()
            (waiting.await().exceptionOrNull() is IllegalStateException) shouldBe true
            shouldThrow<IllegalStateException> { watcher.awaitCompletion(id) }
        }
    }

    test("a scope that ends tells its waiters") {
        engineTest { backend ->
            val job = Job()
            val watcher = watcher(backend, backgroundScope + job)
            val id = backend.queue.enqueue("e")
            val waiting = backgroundScope.async { runCatching { watcher.awaitCompletion(id) } }
            delay(1.seconds)
            job.cancel()
            (waiting.await().exceptionOrNull() is IllegalStateException) shouldBe true
        }
    }

    test("a closed watcher lets its scope end") {
        engineTest { backend ->
            start(backend.testWorker())
            coroutineScope {
                backend.completionWatcher(this).use { it.awaitCompletion(backend.queue.enqueue("quick")) }
            }
            elapsed shouldBeLessThanOrEqualTo 100.milliseconds
        }
    }

    test("waits go on while the store is away") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            backend.faults.beforeLook = { throw StoreUnavailableException("away") }
            start(real.testWorker())
            val id = backend.queue.enqueue("quick")
            val end = async { watcher(backend).awaitCompletion(id) }
            delay(1.minutes)
            backend.faults.beforeLook = {}
            end.await() shouldBe JobStatus.SUCCESSFUL
            elapsed shouldBeLessThanOrEqualTo 1.minutes + 6.seconds
        }
    }

    test("a failure that does not pass is thrown to the caller who waits") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val watcher = watcher(backend)
            backend.schema.uninstall()
            shouldThrow<SchemaException> { watcher.awaitCompletion(id) }
            backend.schema.install()
            backend.queue.enqueue("quick")
            start(backend.testWorker())
            watcher.awaitCompletion(JobId(1)) shouldBe JobStatus.SUCCESSFUL
        }
    }

    test("settings out of their bounds are refused") {
        engineTest { backend ->
            for (bad in listOf(Duration.ZERO, (-1).seconds)) {
                shouldThrow<IllegalArgumentException> { backend.completionWatcher(this) { safetyPoll = bad } }
                    .message shouldBe "safetyPoll must be > 0, was $bad"
                shouldThrow<IllegalArgumentException> { backend.completionWatcher(this) { coalesce = bad } }
                    .message shouldBe "coalesce must be > 0, was $bad"
            }
        }
    }
})
