package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.exposed.internal.job.SharedEnqueues
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import java.sql.SQLException

/** The name of an entrypoint stands for its job. */
private class Statements(
    private val test: TestScope,
) {
    val sent = mutableListOf<List<String>>()
    var before: suspend (List<String>) -> Unit = {}
    private var ids = 0L
    private val shared = SharedEnqueues(test.backgroundScope) { jobs ->
        sent += jobs.map { it.entrypoint }
        before(jobs.map { it.entrypoint })
        jobs.map { JobId(++ids) }
    }

    /** Calls [count] times while a statement with `first` is on its way, and lets that one end. */
    @OptIn(ExperimentalCoroutinesApi::class)
    suspend fun behindFirst(calls: List<String>) = test.run {
        val first = CompletableDeferred<Unit>()
        before = { if ("first" in it) first.await() }
        val leading = async { enqueue("first") }
        runCurrent()
        val others = calls.map { async { runCatching { enqueue(it) } } }
        runCurrent()
        sent shouldContainExactly listOf(listOf("first"))
        first.complete(Unit)
        leading.await()
        others.awaitAll()
    }

    suspend fun enqueue(vararg names: String) = shared.enqueue(names.map(::NewJob))
}

@OptIn(ExperimentalCoroutinesApi::class)
class SharedEnqueuesSpec : FunSpec({
    fun statementsTest(name: String, block: suspend TestScope.(Statements) -> Unit) =
        test(name) { runTest { block(Statements(this)) } }

    statementsTest("a lone call is sent at once, by itself") { statements ->
        statements.enqueue("a") shouldContainExactly listOf(JobId(1))
        statements.enqueue("b", "c") shouldContainExactly listOf(JobId(2), JobId(3))
        statements.sent shouldContainExactly listOf(listOf("a"), listOf("b", "c"))
        currentTime shouldBe 0
    }

    statementsTest("calls that come while one is on its way share the next one, and each gets its own ids") {
        val ids = it.behindFirst(List(20) { "e$it" })
        it.sent shouldContainExactly listOf(listOf("first"), List(20) { "e$it" })
        ids.map { it.getOrThrow().single() } shouldContainExactly List(20) { JobId(2L + it) }
    }

    statementsTest("a statement has at most 1,000 jobs") {
        it.behindFirst(List(1_500) { "e" })
        it.sent.map { jobs -> jobs.size } shouldContainExactly listOf(1, 1_000, 500)
    }

    statementsTest("a caller that is cancelled before its turn stores nothing, and the others go on") { statements ->
        val first = CompletableDeferred<Unit>()
        statements.before = { if ("first" in it) first.await() }
        val leading = async { statements.enqueue("first") }
        runCurrent()
        val cancelled = async { statements.enqueue("cancelled") }
        val other = async { statements.enqueue("other") }
        runCurrent()
        cancelled.cancel()
        first.complete(Unit)
        leading.await()
        other.await()
        statements.sent shouldContainExactly listOf(listOf("first"), listOf("other"))
    }

    statementsTest("a caller that is cancelled during its statement takes the others' jobs not with it") { statements ->
        val second = CompletableDeferred<Unit>()
        val first = CompletableDeferred<Unit>()
        statements.before = { if ("first" in it) first.await() else second.await() }
        val leading = async { statements.enqueue("first") }
        runCurrent()
        val cancelled = async { statements.enqueue("a") }
        val other = async { statements.enqueue("b") }
        runCurrent()
        first.complete(Unit)
        runCurrent()
        cancelled.cancel()
        runCurrent()
        second.complete(Unit)
        leading.await()
        other.await() shouldContainExactly listOf(JobId(3))
    }

    statementsTest("a first caller that is cancelled lets the others go on") { statements ->
        statements.before = { if ("first" in it) awaitCancellation() }
        val leading = async { statements.enqueue("first") }
        runCurrent()
        val other = async { statements.enqueue("other") }
        runCurrent()
        leading.cancel()
        other.await()
        currentTime shouldBe 0
    }

    statementsTest("nobody waits for a statement that hangs for more than a second") { statements ->
        statements.before = { if ("first" in it) awaitCancellation() }
        val leading = async { statements.enqueue("first") }
        runCurrent()
        List(3) { async { statements.enqueue("e$it") } }.awaitAll()
        currentTime shouldBe 1_000
        statements.sent.drop(1) shouldContainExactly List(3) { listOf("e$it") }
        leading.cancel()
    }

    statementsTest("a job that the database refuses fails its own call only") { statements ->
        val first = CompletableDeferred<Unit>()
        statements.before = {
            if ("first" in it) first.await()
            if ("odd" in it) throw StoreUnavailableException("refused", SQLException("a constraint", "23514"))
        }
        val leading = async { statements.enqueue("first") }
        runCurrent()
        val results = listOf("a", "odd", "b", "c").map { async { runCatching { statements.enqueue(it) } } }
        runCurrent()
        first.complete(Unit)
        leading.await()
        results.awaitAll().map { it.isSuccess } shouldContainExactly listOf(true, false, true, true)
        statements.sent.drop(1) shouldContainExactly
            listOf(listOf("a", "odd", "b", "c"), listOf("a", "odd"), listOf("a"), listOf("odd"), listOf("b", "c"))
    }

    statementsTest(
        "all calls of a statement learn that the database is away, and later ones may find it",
    ) { statements ->
        val first = CompletableDeferred<Unit>()
        statements.before = {
            if ("first" in it) first.await() else throw StoreUnavailableException("away", SQLException("gone", "08006"))
        }
        val leading = async { statements.enqueue("first") }
        runCurrent()
        val results = List(3) { async { runCatching { statements.enqueue("e") } } }
        runCurrent()
        first.complete(Unit)
        leading.await()
        results.awaitAll().forEach { it.exceptionOrNull().shouldBeInstanceOf<StoreUnavailableException>() }
        statements.sent shouldHaveSize 2
        statements.before = {}
        statements.enqueue("e") shouldHaveSize 1
    }

    test("on PostgreSQL, enqueues of many callers share commits, and a refused one fails alone") {
        val database = TestPostgres.newDatabase()
        database.backend().use { backend ->
            backend.schema.install()
            database.execute("ALTER TABLE pgqueuer ADD CHECK (entrypoint <> 'odd')")
            coroutineScope {
                val ids = List(500) { async(Dispatchers.Default) { backend.queue.enqueue("e$it") } }
                val odd =
                    async(Dispatchers.Default) {
                        shouldThrow<StoreUnavailableException> { backend.queue.enqueue("odd") }
                    }
                ids.awaitAll().forEachIndexed { index, id ->
                    backend.insights.job(id)?.entrypoint shouldBe "e$index"
                }
                odd.await()
            }
            // Each transaction has a time of its own.
            database.text("SELECT count(DISTINCT created) FROM pgqueuer")!!.toInt() shouldBeLessThan 250
        }
    }
})
