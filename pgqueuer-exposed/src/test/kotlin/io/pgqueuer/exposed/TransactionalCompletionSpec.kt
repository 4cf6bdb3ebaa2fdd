package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.OnFailure
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.LeaseLostException
import io.pgqueuer.domain.NewJob
import io.pgqueuer.pgQueuer
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runInterruptible
import org.jetbrains.exposed.v1.core.Table
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.SchemaUtils
import org.jetbrains.exposed.v1.jdbc.insert
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import java.sql.Connection
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds

class TransactionalCompletionSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val queue = backend.queue
    val drain = RunOptions(mode = RunMode.DRAIN)

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
        val worker = pgQueuer(backend) {
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
        val worker = pgQueuer(backend) {
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
        val worker = pgQueuer(backend) {
            blockingEntrypoint("e", onFailure = OnFailure.HOLD) { job ->
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

    test("a handler that returns although its transaction did not commit has failed, and its job says why") {
        val id = queue.enqueue("e")
        val worker = pgQueuer(backend) {
            blockingEntrypoint("e") {
                inTransaction { connection -> completeIn(connection).also { connection.rollback() } }
            }
        }
        worker.run(drain).failed shouldBe 1
        backend.insights.log(id).last().failure?.message shouldContain "did not commit"
    }

    test("completing a job whose lease is gone throws, and the handler's row is rolled back with it") {
        val id = queue.enqueue("e")
        val thrown = CompletableDeferred<LeaseLostException>()
        val worker = pgQueuer(backend) {
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

    test("a job that is completed in a long transaction keeps no other job from its heartbeat") {
        queue.enqueueAll(List(3) { NewJob("e") })
        val timeout = 500.milliseconds
        val runs = AtomicInteger()
        val running = CountDownLatch(3)
        val worker = pgQueuer(backend) {
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
        val thief = pgQueuer(backend) { entrypoint("e") { runs.incrementAndGet() } }
        coroutineScope {
            val report = async { worker.run(drain.copy(heartbeatTimeout = timeout)) }
            runInterruptible(Dispatchers.IO) { running.await() }
            val stealing = async { thief.run(RunOptions(heartbeatTimeout = timeout, dequeueTimeout = 50.milliseconds)) }
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
