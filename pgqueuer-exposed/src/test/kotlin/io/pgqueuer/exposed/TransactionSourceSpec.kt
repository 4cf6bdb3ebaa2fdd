package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.RunMode
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Store
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.runBlocking
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import java.sql.Connection
import java.util.concurrent.ConcurrentHashMap

class TransactionSourceSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val threads = ThreadTransactions()
    val backend = postgresBackend(database.settings(), transactions = listOf(ExposedTransactions, threads))
    val queue = backend.queue

    beforeSpec { backend.schema.install() }
    afterSpec { backend.close() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }

    fun jobs() = database.texts("SELECT entrypoint FROM pgqueuer ORDER BY id")

    test("a transaction that a source finds on the thread is joined: it commits or rolls back what was enqueued") {
        threads.inTransaction(database) {
            runBlocking { queue.enqueue("receipt") }
            jobs().shouldBeEmpty()
            it.commit()
        }
        jobs().shouldContainExactly("receipt")
        threads.inTransaction(database) {
            runBlocking {
                queue.enqueueAll(List(3) { NewJob("receipt") })
                queue.cancel(listOf(JobId(database.text("SELECT id FROM pgqueuer")!!.toLong())))
            }
            it.rollback()
        }
        jobs().shouldContainExactly("receipt")
    }

    test("a transaction on another database, or in autocommit mode, is refused by its own name") {
        threads.inTransaction(TestPostgres.newDatabase()) {
            runBlocking { shouldThrow<IllegalStateException> { queue.enqueue("receipt") } }.message.run {
                this shouldContain "the transaction of this thread is on another database"
                this shouldContain "/${database.name}"
            }
        }
        threads.inTransaction(database) {
            it.autoCommit = true
            runBlocking { shouldThrow<IllegalStateException> { queue.enqueue("receipt") } }.message shouldContain
                "in autocommit mode"
        }
        jobs().shouldBeEmpty()
    }

    test("a queue in its own transaction joins none, from whatever source") {
        threads.inTransaction(database) {
            runBlocking { queue.inOwnTransaction().enqueue("audit") }
            it.rollback()
        }
        suspendTransaction(Database.connect(database.jdbcUrl)) {
            queue.inOwnTransaction().enqueue("audit")
            rollback()
        }
        jobs().shouldContainExactly("audit", "audit")
    }

    test("what a worker does is no part of the transaction that it was started in") {
        val id = queue.enqueue("e")
        threads.inTransaction(database) {
            runBlocking { backend.worker { entrypoint("e") { } }.run { mode = RunMode.DRAIN } }
            it.rollback()
        }
        backend.insights.lastStatuses(listOf(id)) shouldBe mapOf(id to JobStatus.SUCCESSFUL)
    }

    test("without sources, calls have transactions of their own") {
        postgresBackend(database.settings(), transactions = emptyList()).use { alone ->
            suspendTransaction(Database.connect(database.jdbcUrl)) {
                alone.queue.enqueue("alone")
                rollback()
            }
        }
        jobs().shouldContainExactly("alone")
    }

    test("the connection of a thread-bound transaction is used on the thread of its caller alone") {
        threads.inTransaction(database, isThreadBound = true) { connection ->
            runBlocking { queue.enqueue("receipt") }
            connection.commit()
            threads.usedBy.shouldContainExactly(Thread.currentThread())
        }
        jobs().shouldContainExactly("receipt")
        threads.inTransaction(database) { runBlocking { queue.enqueue("receipt") } }
        threads.usedBy.shouldNotContain(Thread.currentThread())
    }

    test("a transaction that is read-only, or has no connection, refuses writes and lets views be read") {
        threads.inTransaction(database) {
            it.rollback()
            it.isReadOnly = true
            runBlocking {
                shouldThrow<IllegalStateException> { queue.enqueue("receipt") }.message shouldContain "is read-only"
                backend.insights.backlog().shouldBeEmpty()
            }
        }
        threads.inTransaction(connection = null) {
            runBlocking {
                shouldThrow<IllegalStateException> { queue.enqueue("receipt") }.message shouldContain
                    "the transaction of this thread has no JDBC connection"
                backend.insights.backlog().shouldBeEmpty()
            }
        }
    }

    context("a backend whose store is decorated keeps what it can do") {
        val seen = mutableListOf<String>()
        val decorated = StoreBackend(object : Store by backend.store {
            override val jobs = object : JobRepository by backend.store.jobs {
                override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
                    seen += jobs.map { it.entrypoint }
                    return backend.store.jobs.enqueue(jobs, onConflict)
                }
            }
        })

        test("it enqueues on a connection, and completes and locks there") {
            database.connect().use { connection ->
                connection.autoCommit = false
                decorated.queue.enqueue(connection, NewJob("e"))
                connection.rollback()
                decorated.queue.enqueue(connection, NewJob("e"))
                connection.commit()
            }
            jobs().shouldContainExactly("e")
            val worker = decorated.worker {
                blockingEntrypoint("e") { _ ->
                    database.connect().use { connection ->
                        connection.autoCommit = false
                        lockIn(connection)
                        completeIn(connection)
                        connection.commit()
                    }
                }
            }
            worker.run { mode = RunMode.DRAIN }.succeeded shouldBe 1
            jobs().shouldBeEmpty()
        }

        test("in its own transaction it is still decorated") {
            seen.clear()
            threads.inTransaction(database) {
                runBlocking { decorated.queue.inOwnTransaction().enqueue("audit") }
                it.rollback()
            }
            jobs().shouldContainExactly("audit")
            seen.shouldContainExactly("audit")
        }
    }
})

/** The transaction of a thread, as Spring keeps it. */
private class ThreadTransactions : TransactionSource {
    private val transactions = ThreadLocal<CallersTransaction>()
    val usedBy: MutableSet<Thread> = ConcurrentHashMap.newKeySet()

    override fun current(): CallersTransaction? = transactions.get()

    fun inTransaction(database: PostgresDatabase, isThreadBound: Boolean = false, block: (Connection) -> Unit) =
        database.connect().use { connection ->
            connection.autoCommit = false
            inTransaction(connection, isThreadBound) { block(connection) }
        }

    fun inTransaction(connection: Connection?, isThreadBound: Boolean = false, block: () -> Unit) {
        usedBy.clear()
        transactions.set(Transaction(connection, isThreadBound))
        try {
            block()
        } finally {
            transactions.remove()
        }
    }

    private inner class Transaction(
        private val connection: Connection?,
        override val isThreadBound: Boolean,
    ) : CallersTransaction {
        override val description = "the transaction of this thread"
        override val database = connection?.catalog ?: this

        override fun connection() = connection.also { usedBy += Thread.currentThread() }
    }
}
