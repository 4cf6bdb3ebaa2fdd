package io.pgqueuer.exposed

import ch.qos.logback.classic.Level
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobContext
import io.pgqueuer.JobId
import io.pgqueuer.JobOutcome
import io.pgqueuer.LeaseLostException
import io.pgqueuer.NewJob
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.WorkerEvent
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.runInterruptible
import org.jetbrains.exposed.v1.core.Table
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.SchemaUtils
import org.jetbrains.exposed.v1.jdbc.insert
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import java.sql.Connection
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds

class TransactionalCompletionSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val queue = backend.queue
    val drain = RunOptions { mode = RunMode.DRAIN }

    beforeSpec {
        backend.schema.install()
        transaction(Database.connect(database.jdbcUrl)) { SchemaUtils.create(Receipts) }
    }
    afterSpec { backend.close() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log, receipts") }

    fun receipts() = database.texts("SELECT job_id FROM receipts ORDER BY job_id")
    fun statuses(id: JobId) = database.texts("SELECT status FROM pgqueuer_log WHERE job_id = $id ORDER BY id")

    fun <T> inTransaction(block: (Connection) -> T): T = database.connect().use {
        it.autoCommit = false
        block(it)
    }

    test("the handler's row and the end of its job come with one commit") {
        val id = queue.enqueue("e")
        val worker = backend.worker {
            blockingEntrypoint("e") { job ->
                inTransaction { connection ->
                    connection.execute("INSERT INTO receipts VALUES (${job.id})")
                    completeIn(connection)
                    statuses(id).last() shouldBe "picked"
                    connection.commit()
                    statuses(id).last() shouldBe "successful"
                }
            }
        }
        worker.run(drain).let { listOf(it.succeeded, it.failed, it.leasesLost) }.shouldContainExactly(1, 0, 0)
        receipts().shouldContainExactly("$id")
        statuses(id).shouldContainExactly("queued", "picked", "successful")
    }

    test("in an Exposed transaction likewise") {
        val id = queue.enqueue("e")
        val exposed = Database.connect(database.jdbcUrl)
        val worker = backend.worker {
            blockingEntrypoint("e") { job ->
                transaction(exposed) {
                    Receipts.insert { it[jobId] = job.id.value }
                    completeIn(this)
                }
            }
        }
        worker.run(drain).succeeded shouldBe 1
        receipts().shouldContainExactly("$id")
    }

    test("a handler that throws after it completed the job, and so rolls back, has failed") {
        val id = queue.enqueue("e")
        val worker = backend.worker {
            blockingEntrypoint("e", { retry = RetryPolicy.NONE }) { job ->
                inTransaction<Unit> { connection ->
                    connection.execute("INSERT INTO receipts VALUES (${job.id})")
                    completeIn(connection)
                    connection.rollback()
                    error("no paper")
                }
            }
        }
        worker.run(drain).let { (it.held to it.succeeded) shouldBe (1L to 0L) }
        receipts().shouldBeEmpty()
        statuses(id).shouldContainExactly("queued", "picked", "failed")
    }

    test("a handler that throws after its completion was committed has succeeded: event, report and log say so") {
        val id = queue.enqueue("e")
        val ends = CopyOnWriteArrayList<JobOutcome>()
        val logged = CopyOnWriteArrayList<String>()
        val worker = backend.worker {
            observe { if (it is WorkerEvent.JobEnded) ends += it.outcome }
            blockingEntrypoint("e") {
                inTransaction { connection -> completeIn(connection).also { connection.commit() } }
                error("the mail server is away")
            }
        }
        watchingLog("io.pgqueuer", logged::add, Level.WARN) {
            worker.run(drain).let { listOf(it.succeeded, it.retried, it.leasesLost) }.shouldContainExactly(1L, 0L, 0L)
        }
        ends.shouldContainExactly(JobOutcome.Succeeded)
        statuses(id).shouldContainExactly("queued", "picked", "successful")
        logged.single { "failed" in it } shouldContain
            "job $id of entrypoint 'e' failed on attempt 1; its handler had completed it: if that is committed, it " +
            "succeeded, otherwise it runs again in"
        logged.single { "has succeeded" in it } shouldBe
            "job $id of entrypoint 'e' has succeeded: its handler had completed and committed it before it threw"
    }

    test("a handler that returns although its transaction did not commit has failed, and its job says why") {
        val id = queue.enqueue("e")
        val worker = backend.worker {
            blockingEntrypoint("e", { retry = RetryPolicy.NONE }) {
                inTransaction { connection -> completeIn(connection).also { connection.rollback() } }
            }
        }
        worker.run(drain).held shouldBe 1
        backend.insights.log(id).last().failure?.message shouldContain "did not commit"
    }

    test("completing a job whose lease is gone throws, and the handler's row is rolled back with it") {
        val id = queue.enqueue("e")
        val thrown = CompletableDeferred<LeaseLostException>()
        val worker = backend.worker {
            blockingEntrypoint("e") { job ->
                // Removed behind the worker's back, without the notification that would stop this handler.
                database.execute("DELETE FROM pgqueuer")
                inTransaction { connection ->
                    connection.execute("INSERT INTO receipts VALUES (${job.id})")
                    thrown.complete(shouldThrow<LeaseLostException> { completeIn(connection) })
                }
            }
        }
        worker.run(drain).leasesLost shouldBe 1
        thrown.await().jobId shouldBe id
        receipts().shouldBeEmpty()
    }

    /** Runs [handler] for one job, on a connection in a transaction, and returns the last status of that job. */
    suspend fun statusAfter(isolation: Int? = null, handler: JobContext.(Connection) -> Unit): String? {
        val id = queue.enqueue("e")
        val worker = backend.worker {
            // A handler that fails ends the test. With retries, the drain would wait for them.
            blockingEntrypoint("e", { retry = RetryPolicy.NONE }) {
                database.connect().use { connection ->
                    connection.autoCommit = false
                    if (isolation != null) connection.transactionIsolation = isolation
                    handler(connection)
                }
            }
        }
        worker.run(drain)
        backend.insights.log(id).mapNotNull { it.failure }.shouldBeEmpty()
        database.texts("SELECT id FROM pgqueuer").shouldBeEmpty()
        return statuses(id).last()
    }

    test("completing the job twice in one transaction does no more than once") {
        statusAfter { connection ->
            repeat(3) { completeIn(connection) }
            connection.commit()
        } shouldBe "successful"
    }

    test("completing the job again after a rollback, to a savepoint or as a whole, completes it") {
        statusAfter { connection ->
            val savepoint = connection.setSavepoint()
            completeIn(connection)
            connection.rollback(savepoint)
            completeIn(connection)
            connection.rollback()
            completeIn(connection)
            connection.commit()
        } shouldBe "successful"
    }

    test("completing the job again after the commit is refused, and the job is completed") {
        statusAfter { connection ->
            completeIn(connection)
            connection.commit()
            shouldThrow<IllegalStateException> { completeIn(connection) }
                .message shouldContain "completed by this run already"
        } shouldBe "successful"
    }

    test("a job that was completed and lost in one transaction after a rollback is not taken for completed") {
        statusAfter { connection ->
            completeIn(connection)
            connection.rollback()
            database.execute("UPDATE pgqueuer SET lease_epoch = lease_epoch + 1")
            shouldThrow<IllegalStateException> { completeIn(connection) }
            database.execute("UPDATE pgqueuer SET lease_epoch = lease_epoch - 1")
            completeIn(connection)
            connection.commit()
        } shouldBe "successful"
    }

    val unusable = mapOf<String, (Connection) -> Unit>(
        "in autocommit mode" to { it.autoCommit = true },
        "closed" to { it.close() },
    )
    for ((state, prepare) in unusable) {
        test("on a connection that is $state, completing the job is refused, and it goes on as before") {
            statusAfter { connection ->
                prepare(connection)
                for (call in listOf<() -> Unit>({ completeIn(connection) }, { lockIn(connection) })) {
                    shouldThrow<IllegalArgumentException> { call() }.message shouldContain state
                }
            } shouldBe "successful"
        }
    }

    test("completing the job in a transaction that has failed is refused with what to do") {
        statusAfter { connection ->
            runCatching { connection.execute("SELECT 1 / 0") }
            shouldThrow<IllegalStateException> { completeIn(connection) }.message shouldContain "roll back"
            shouldThrow<IllegalStateException> { lockIn(connection) }.message shouldContain "roll back"
            shouldThrow<IllegalStateException> { queue.enqueue(connection, NewJob("e")) }
                .message shouldContain "roll back"
            connection.rollback()
            completeIn(connection)
            connection.commit()
        } shouldBe "successful"
    }

    for (level in listOf(Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE)) {
        test("at isolation level $level, completing the job after its lease was renewed is refused with what to do") {
            statusAfter(level) { connection ->
                connection.texts("SELECT count(*) FROM receipts")
                database.execute("UPDATE pgqueuer SET heartbeat = now()")
                for (call in listOf<() -> Unit>({ completeIn(connection) }, { lockIn(connection) })) {
                    shouldThrow<IllegalStateException> { call() }
                        .message shouldContain "call lockIn(connection) as the first"
                }
                connection.rollback()
                completeIn(connection)
                connection.commit()
            } shouldBe "successful"
        }

        test("at isolation level $level, a job whose row was locked first is completed, whatever its heartbeats") {
            statusAfter(level) { connection ->
                lockIn(connection)
                connection.execute("INSERT INTO receipts VALUES (${job.id})")
                runBlocking { backend.store.jobs.renew(listOf(lease)).held } shouldBe setOf(lease)
                completeIn(connection)
                connection.commit()
            } shouldBe "successful"
            receipts().size shouldBe 1
        }

        test("at isolation level $level, a renewal between the snapshot and the lock does no harm") {
            statusAfter(level) { connection ->
                database.connect().use { renewal ->
                    renewal.autoCommit = false
                    renewal.execute("UPDATE pgqueuer SET heartbeat = now()")
                    val waits = thread {
                        while (database.texts(WAITING_FOR_LOCK).isEmpty()) Thread.onSpinWait()
                        renewal.commit()
                    }
                    lockIn(connection)
                    waits.join()
                }
                completeIn(connection)
                connection.commit()
            } shouldBe "successful"
        }
    }

    test("locking a job whose lease is gone throws") {
        val id = queue.enqueue("e")
        val worker = backend.worker {
            blockingEntrypoint("e") {
                database.execute("DELETE FROM pgqueuer")
                inTransaction { connection -> lockIn(connection) }
            }
        }
        worker.run(drain).succeeded shouldBe 0
        statuses(id).shouldContainExactly("queued", "picked")
    }

    test("a job that is completed in a long transaction keeps no other job from its heartbeat") {
        queue.enqueueAll(List(3) { NewJob("e") })
        val timeout = 500.milliseconds
        val runs = AtomicInteger()
        val running = CountDownLatch(3)
        val worker = backend.worker {
            blockingEntrypoint("e") {
                val first = runs.incrementAndGet() == 1
                running.countDown()
                if (!first) return@blockingEntrypoint Thread.sleep(HANDLER_MILLIS)
                inTransaction { connection ->
                    completeIn(connection)
                    Thread.sleep(HANDLER_MILLIS)
                    connection.commit()
                }
            }
        }
        val thief = backend.worker { entrypoint("e") { runs.incrementAndGet() } }
        coroutineScope {
            val report = async { worker.run(drain.with { heartbeatTimeout = timeout }) }
            runInterruptible(Dispatchers.IO) { running.await() }
            val stealing = async {
                thief.run {
                    heartbeatTimeout = timeout
                    dequeueTimeout = 50.milliseconds
                }
            }
            report.await().succeeded shouldBe 3
            thief.shutdown()
            stealing.await()
        }
        runs.get() shouldBe 3
    }
})

/** What a slow handler takes; longer than the heartbeat timeout. */
private const val HANDLER_MILLIS = 2_000L

private object Receipts : Table("receipts") {
    val jobId = long("job_id")
}
