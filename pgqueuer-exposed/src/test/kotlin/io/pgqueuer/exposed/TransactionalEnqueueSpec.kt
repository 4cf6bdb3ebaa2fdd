package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import io.pgqueuer.port.Store
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import org.jetbrains.exposed.v1.core.Table
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.SchemaUtils
import org.jetbrains.exposed.v1.jdbc.insert
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import java.sql.Connection
import kotlin.reflect.KClass

class TransactionalEnqueueSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val queue = backend.queue
    val exposed by lazy { Database.connect(database.jdbcUrl) }

    beforeSpec {
        backend.schema.install()
        transaction(exposed) { SchemaUtils.create(Orders) }
    }
    afterSpec { backend.close() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log, orders") }

    fun jobs() = database.texts("SELECT entrypoint FROM pgqueuer ORDER BY id")
    fun logged() = database.texts("SELECT entrypoint FROM pgqueuer_log ORDER BY id")
    fun orders() = database.texts("SELECT id FROM orders ORDER BY id")

    fun inTransaction(block: (Connection) -> Unit) = database.connect().use {
        it.autoCommit = false
        block(it)
    }

    test("on a caller's connection, job, log row and the caller's own row come with the commit") {
        inTransaction { connection ->
            connection.execute("INSERT INTO orders VALUES (1)")
            queue.enqueue(connection, NewJob("receipt"))
            jobs().shouldBeEmpty()
            connection.commit()
        }
        jobs().shouldContainExactly("receipt")
        logged().shouldContainExactly("receipt")
        orders().shouldContainExactly("1")
    }

    test("on a caller's connection, a rollback leaves no job and no log row") {
        inTransaction { connection ->
            queue.enqueueAll(connection, List(3) { NewJob("receipt") }) shouldHaveSize 3
            connection.rollback()
        }
        jobs().shouldBeEmpty()
        logged().shouldBeEmpty()
    }

    test("a batch of several statements is one with the caller's transaction") {
        inTransaction { connection ->
            queue.enqueueAll(connection, List(25_000) { NewJob("many") }) shouldHaveSize 25_000
            connection.rollback()
        }
        jobs().shouldBeEmpty()
    }

    test("a taken dedupe key stores nothing of the batch and leaves the caller's transaction to go on") {
        queue.enqueue("taken") { dedupeKey = "k" }
        inTransaction { connection ->
            connection.execute("INSERT INTO orders VALUES (1)")
            shouldThrow<DuplicateJobException> {
                queue.enqueueAll(connection, listOf(NewJob("new"), NewJob("new") { dedupeKey = "k" }))
            }.keys.shouldContainExactly("k")
            queue.enqueueAll(connection, listOf(NewJob("other"), NewJob("new") { dedupeKey = "k" }), OnConflict.SKIP)
                .map { it != null }.shouldContainExactly(true, false)
            connection.commit()
        }
        jobs().shouldContainExactly("taken", "other")
        orders().shouldContainExactly("1")
    }

    test("a connection that commits by itself is refused, and nothing is stored") {
        database.connect().use { connection ->
            shouldThrow<IllegalArgumentException> { queue.enqueue(connection, NewJob("e")) }
                .message shouldContain "set autoCommit = false"
        }
        jobs().shouldBeEmpty()
    }

    test("a store that knows nothing of transactions refuses a connection") {
        val other = StoreBackend(
            object : Store by inMemoryBackend().store {
                override fun <T : Any> capability(type: KClass<T>): T? = null
            },
        )
        inTransaction { connection ->
            shouldThrow<IllegalArgumentException> { other.queue.enqueue(connection, NewJob("e")) }
                .message shouldContain "needs a queue made by postgresBackend"
        }
        other.insights.queueSize().shouldBeEmpty()
    }

    test("a payload above the limit is refused before any SQL") {
        val small = postgresBackend(database.settings()) { maxPayloadBytes = 3 }
        inTransaction { connection ->
            shouldThrow<IllegalArgumentException> {
                small.queue.enqueue(connection, NewJob("e", ByteArray(4)))
            }.message shouldContain "must be at most 3 bytes, was 4"
        }
    }

    test("within suspendTransaction the suspending calls join by themselves") {
        suspendTransaction(exposed) {
            Orders.insert { it[id] = 1 }
            queue.enqueue("receipt")
            jobs().shouldBeEmpty()
        }
        jobs().shouldContainExactly("receipt")
        shouldThrow<IllegalStateException> {
            suspendTransaction(exposed) {
                Orders.insert { it[id] = 2 }
                queue.enqueueAll(List(2) { NewJob("receipt") })
                queue.cancel(queue.enqueueAll(List(2) { NewJob("receipt") }))
                error("the order is refused")
            }
        }
        jobs().shouldContainExactly("receipt")
        logged().shouldContainExactly("receipt")
        orders().shouldContainExactly("1")
    }

    test("within a blocking transaction the job goes in by that transaction") {
        transaction(exposed) {
            Orders.insert { it[id] = 1 }
            queue.enqueue(this, NewJob("receipt"))
            jobs().shouldBeEmpty()
        }
        jobs().shouldContainExactly("receipt")
        transaction(exposed) {
            queue.enqueueAll(this, listOf(NewJob("receipt")))
            rollback()
        }
        jobs().shouldContainExactly("receipt")
    }

    test("workers are woken by the commit, not before") {
        coroutineScope {
            val listening = CompletableDeferred<Unit>()
            val heard = async {
                backend.store.notifications.listen()
                    .onEach { if (it is Signal.Listening) listening.complete(Unit) }
                    .filterIsInstance<Signal.Received>().first()
            }
            listening.await()
            inTransaction { connection ->
                queue.enqueue(connection, NewJob("receipt"))
                heard.isCompleted shouldBe false
                connection.commit()
            }
            (heard.await().event is QueueEvent.TableChanged) shouldBe true
        }
    }
})

private object Orders : Table("orders") {
    val id = integer("id")
}
