package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Store
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.yield

@OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)
class CoalescingQueueSpec : FunSpec({
    /** Keeps the batches that reach [real], and lets [before] run first. */
    class Recording(
        private val real: Store,
    ) : Store by real {
        val batches = mutableListOf<List<String>>()
        var before: suspend (List<NewJob>) -> Unit = {}

        override val jobs: JobRepository = object : JobRepository by real.jobs {
            override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
                batches += jobs.map { it.entrypoint }
                before(jobs)
                return real.jobs.enqueue(jobs, onConflict)
            }
        }
    }

    fun coalescingTest(name: String, maxBatch: Int = 1_000, body: suspend TestScope.(Recording, JobQueue) -> Unit) =
        test(name) {
            engineTest { backend ->
                val recording = Recording(backend.store)
                StoreBackend(recording).coalescingQueue(backgroundScope, maxBatch).use { body(recording, it) }
            }
        }

    coalescingTest("calls of one moment share a statement, and each gets its own id") { store, queue ->
        val ids = List(50) { index -> async { queue.enqueue("e$index") } }.awaitAll()
        store.batches.single() shouldContainExactly List(50) { "e$it" }
        ids.forEachIndexed { index, id -> store.insights.job(id)?.entrypoint shouldBe "e$index" }
    }

    coalescingTest("what comes while a statement is on its way makes the next, and no statement is too large", 3) {
            store,
            queue,
        ->
        val first = CompletableDeferred<Unit>()
        store.before = { first.await() }
        val early = async { queue.enqueue("early") }
        runCurrent()
        val late = List(5) { async { queue.enqueue("late$it") } }
        runCurrent()
        store.batches shouldContainExactly listOf(listOf("early"))
        first.complete(Unit)
        early.await()
        late.awaitAll()
        store.batches shouldContainExactly
            listOf(listOf("early"), listOf("late0", "late1", "late2"), listOf("late3", "late4"))
    }

    coalescingTest("a duplicate is refused alone, or left out alone where that was asked for") { store, queue ->
        queue.enqueue("e") { dedupeKey = "taken" }
        val taken = async { runCatching { queue.enqueue("e") { dedupeKey = "taken" } } }
        val left = async { queue.enqueueAll(listOf(NewJob("e") { dedupeKey = "taken" }), OnConflict.SKIP) }
        val free = async { queue.enqueue("e") { dedupeKey = "free" } }
        val again = async { runCatching { queue.enqueue("e") { dedupeKey = "free" } } }
        (taken.await().exceptionOrNull() as DuplicateJobException).keys shouldContainExactly listOf("taken")
        left.await() shouldContainExactly listOf(null)
        store.insights.job(free.await())?.dedupeKey shouldBe "free"
        (again.await().exceptionOrNull() as DuplicateJobException).keys shouldContainExactly listOf("free")
        store.batches shouldHaveSize 2
    }

    coalescingTest("a batch stays a statement of its own") { store, queue ->
        val one = async { queue.enqueue("one") }
        val batch = async { queue.enqueueAll(List(3) { NewJob("batch") }) }
        one.await()
        batch.await() shouldHaveSize 3
        store.batches.toSet() shouldBe setOf(listOf("one"), List(3) { "batch" })
    }

    coalescingTest("a job that the store refuses does not keep the others out") { store, queue ->
        store.before = { jobs -> require(jobs.none { it.entrypoint == "odd" }) { "odd" } }
        val good = List(3) { async { queue.enqueue("good") } }
        val odd = async { runCatching { queue.enqueue("odd") } }
        good.awaitAll().forEach { store.insights.job(it)?.entrypoint shouldBe "good" }
        odd.await().exceptionOrNull()?.message shouldBe "odd"
        store.insights.queueSize().single().count shouldBe 3
    }

    coalescingTest("all of a statement hear that the store is away, and the next may find it back") { store, queue ->
        store.before = { throw StoreUnavailableException("away") }
        List(3) { async { runCatching { queue.enqueue("e") } } }.awaitAll()
            .forEach { (it.exceptionOrNull() is StoreUnavailableException) shouldBe true }
        store.batches shouldHaveSize 1
        store.before = {}
        queue.enqueue("e")
        store.insights.queueSize().single().count shouldBe 1
    }

    coalescingTest("a caller that is cancelled while it waits for its turn is left out") { store, queue ->
        val first = CompletableDeferred<Unit>()
        store.before = { first.await() }
        val early = async { queue.enqueue("early") }
        runCurrent()
        val cancelled = async { queue.enqueue("cancelled") }
        val late = async { queue.enqueue("late") }
        runCurrent()
        cancelled.cancel()
        first.complete(Unit)
        early.await()
        late.await()
        store.batches shouldContainExactly listOf(listOf("early"), listOf("late"))
    }

    test("a close lets those who wait have their turn, and refuses who comes after") {
        engineTest { backend ->
            val queue = backend.coalescingQueue(backgroundScope)
            val waiting = List(3) { async { queue.enqueue("e") } }
            yield()
            runCurrent()
            queue.close()
            waiting.awaitAll() shouldHaveSize 3
            shouldThrow<IllegalStateException> { queue.enqueue("e") }
        }
    }

    test("when its scope ends, a statement on its way is heard of, and who waits for the next is told") {
        engineTest { backend ->
            val store = Recording(backend.store)
            val first = CompletableDeferred<Unit>()
            store.before = { first.await() }
            val scope = CoroutineScope(coroutineContext + Job())
            val queue = StoreBackend(store).coalescingQueue(scope)
            val early = async { queue.enqueue("early") }
            runCurrent()
            val late = async { runCatching { queue.enqueue("late") } }
            runCurrent()
            scope.cancel()
            runCurrent()
            first.complete(Unit)
            backend.insights.job(early.await())?.entrypoint shouldBe "early"
            (late.await().exceptionOrNull() is IllegalStateException) shouldBe true
            shouldThrow<IllegalStateException> { queue.enqueue("e") }
            store.batches shouldContainExactly listOf(listOf("early"))
        }
    }

    test("a batch of none is refused at once") {
        engineTest { backend ->
            shouldThrow<IllegalArgumentException> { backend.coalescingQueue(backgroundScope, 0) }
                .message shouldBe "maxBatch must be >= 1, was 0"
            backend.insights.queueSize().shouldBeEmpty()
            launch { }.join()
        }
    }
})
