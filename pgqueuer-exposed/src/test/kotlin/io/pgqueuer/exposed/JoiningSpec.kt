package io.pgqueuer.exposed

import com.zaxxer.hikari.HikariDataSource
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.ScheduleId
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.apache.commons.dbcp2.BasicDataSource
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import java.time.Duration
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.Executors
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.Duration.Companion.seconds

/** Calls inside an Exposed transaction belong to it, or are refused; they are never stored beside it in silence. */
class JoiningSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val queue = backend.queue

    beforeSpec { backend.schema.install() }
    afterSpec { backend.close() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }

    fun jobs() = database.texts("SELECT entrypoint FROM pgqueuer ORDER BY id")

    suspend fun rolledBack(exposed: Database, block: suspend () -> Unit) {
        shouldThrow<Rollback> {
            suspendTransaction(exposed) {
                block()
                throw Rollback()
            }
        }
    }

    context("a transaction on the same database is joined, however the URL spells it") {
        for (host in listOf("localhost", "127.0.0.1", "LOCALHOST", "localhost:${database.port},127.0.0.1")) {
            test(host) {
                val exposed = Database.connect(database.at(host))
                rolledBack(exposed) { queue.enqueue("receipt") }
                jobs().shouldBeEmpty()
                suspendTransaction(exposed) { queue.enqueue("receipt") }
                jobs().shouldContainExactly("receipt")
            }
        }
    }

    context("what cannot be joined is refused, and nothing is stored") {
        val other = TestPostgres.newDatabase()

        test("a transaction on another database of the server, which the queue is also installed in") {
            other.backend().use { it.schema.install() }
            suspendTransaction(Database.connect(other.jdbcUrl)) {
                shouldThrow<IllegalStateException> { queue.enqueue("receipt") }.message.run {
                    this shouldContain "is on another database"
                    this shouldContain other.name
                    this shouldContain "/${database.name}"
                    this shouldContain "inOwnTransaction()"
                    this shouldNotContain "password"
                }
                shouldThrow<IllegalStateException> { queue.cancel(listOf(JobId(1))) }
                shouldThrow<IllegalStateException> { queue.requeue(listOf(JobId(1))) }
                shouldThrow<IllegalStateException> { queue.clear("receipt") }
                shouldThrow<IllegalStateException> { backend.schedules.remove(listOf(ScheduleId(1))) }
            }
            jobs().shouldBeEmpty()
            other.texts("SELECT id FROM pgqueuer").shouldBeEmpty()
        }

        test("a transaction that is finished") {
            var left: CoroutineContext = EmptyCoroutineContext
            suspendTransaction(Database.connect(database.jdbcUrl)) {
                exec("SELECT 1")
                left = currentCoroutineContext().minusKey(Job)
            }
            withContext(left) {
                shouldThrow<IllegalStateException> { queue.enqueue("receipt") }.message shouldContain "is finished"
            }
            jobs().shouldBeEmpty()
        }
    }

    test("what only reads runs beside a transaction on another database") {
        queue.enqueue("receipt")
        suspendTransaction(Database.connect(TestPostgres.newDatabase().jdbcUrl)) {
            backend.insights.queueSize().single().entrypoint shouldBe "receipt"
            backend.schedules.list().shouldBeEmpty()
        }
    }

    test("a queue in its own transaction stores at once, whatever becomes of the caller's") {
        val small = postgresBackend(database.settings()) { maxPayloadBytes = 3 }
        val independent = small.queue.inOwnTransaction()
        rolledBack(Database.connect(database.jdbcUrl)) { independent.enqueue("audit") }
        rolledBack(Database.connect(TestPostgres.newDatabase().jdbcUrl)) { independent.enqueue("audit") }
        jobs().shouldContainExactly("audit", "audit")
        shouldThrow<IllegalArgumentException> { independent.enqueue("audit", ByteArray(4)) }
        small.close()
        database.connect().use { connection ->
            connection.autoCommit = false
            independent.enqueue(connection, NewJob("receipt"))
            connection.rollback()
        }
        jobs().shouldContainExactly("audit", "audit")
    }

    test("a coroutine that moves to other threads stays in its transaction") {
        rolledBack(Database.connect(database.jdbcUrl)) {
            withContext(Dispatchers.IO) { queue.enqueue("receipt") }
            coroutineScope { launch(Dispatchers.Default) { queue.enqueue("receipt") } }
        }
        jobs().shouldBeEmpty()
    }

    test("a call that joined is waited for when it is cancelled: two threads never use one connection") {
        val exposed = Database.connect(database.jdbcUrl)
        database.connect().use { blocker ->
            blocker.autoCommit = false
            blocker.execute("LOCK TABLE pgqueuer")
            coroutineScope {
                val transaction = launch(Dispatchers.Default) {
                    suspendTransaction(exposed) {
                        exec("SELECT 1")
                        queue.enqueue("receipt")
                    }
                }
                soon { database.texts(WAITING_FOR_LOCK).size shouldBe 1 }
                transaction.cancel()
                database.texts(WAITING_FOR_LOCK).size shouldBe 1
                transaction.isCompleted shouldBe false
                blocker.rollback()
                transaction.join()
            }
        }
        jobs().shouldBeEmpty()
    }

    test(
        "more transactions than the pool has connections enqueue on few threads: none waits for one that waits for it",
    ) {
        HikariDataSource().apply {
            jdbcUrl = database.jdbcUrl
            maximumPoolSize = 2
            connectionTimeout = 5_000
        }.use { pool ->
            val exposed = Database.connect(pool)
            Executors.newFixedThreadPool(2).asCoroutineDispatcher().use { threads ->
                coroutineScope {
                    List(20) { index ->
                        async(threads) {
                            suspendTransaction(exposed) {
                                exec("SELECT 1")
                                queue.enqueue("receipt") { priority = index }
                                queue.cancel(listOf(JobId(-1)))
                            }
                        }
                    }.awaitAll()
                }
            }
        }
        database.texts("SELECT priority FROM pgqueuer ORDER BY priority") shouldContainExactly List(20) { "$it" }
    }

    test("a caller that is cancelled stores nothing") {
        val exposed = Database.connect(database.jdbcUrl)
        coroutineScope {
            launch {
                suspendTransaction(exposed) {
                    exec("SELECT 1")
                    this@launch.cancel()
                    queue.enqueue("receipt")
                }
            }
        }
        jobs().shouldBeEmpty()
    }

    suspend fun JobQueue.enqueueInTwoTransactionsAtOnce(exposed: Database) = withTimeout(20.seconds) {
        val bothHold = CyclicBarrier(2)
        coroutineScope {
            List(2) {
                async(Dispatchers.IO) {
                    suspendTransaction(exposed) {
                        exec("SELECT 1")
                        bothHold.await()
                        enqueue("receipt")
                    }
                }
            }.awaitAll()
        }
    }

    context("transactions that hold every connection of the pool need no other one to enqueue, at the first call") {
        test("HikariCP") {
            HikariDataSource().apply {
                jdbcUrl = database.jdbcUrl
                maximumPoolSize = 2
                connectionTimeout = 2_000
            }.use { pool ->
                postgresBackend(pool).use { it.queue.enqueueInTwoTransactionsAtOnce(Database.connect(pool)) }
            }
            jobs().shouldContainExactly("receipt", "receipt")
        }

        test("DBCP2") {
            BasicDataSource().apply {
                url = database.jdbcUrl
                maxTotal = 2
                setMaxWait(Duration.ofSeconds(2))
            }.use { pool ->
                postgresBackend(pool).use { it.queue.enqueueInTwoTransactionsAtOnce(Database.connect(pool)) }
            }
            jobs().shouldContainExactly("receipt", "receipt")
        }
    }
})

private class Rollback : Exception()

private fun PostgresDatabase.at(host: String) = jdbcUrl.replaceFirst(Regex("//[^:/]+:"), "//$host:")
