package io.pgqueuer.exposed

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import kotlinx.coroutines.runBlocking
import java.sql.Connection
import java.sql.DriverManager
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/**
 * Works the jobs of the entrypoint `receipt`, each of which writes a row and is completed with it. `args`: dsn, JDBC URL,
 * and where to stop and wait to be killed: `none`, `before-commit` or `after-commit`.
 */
internal object ReceiptWorker {
    @JvmStatic
    fun main(args: Array<String>) = runBlocking<Unit> {
        val (dsn, jdbcUrl, stop) = args
        postgresBackend(PostgresSettings.parse(dsn)).use { backend ->
            val worker = backend.worker {
                blockingEntrypoint("receipt") { job ->
                    DriverManager.getConnection(jdbcUrl).use { connection ->
                        connection.autoCommit = false
                        // Transactions of handlers that are SERIALIZABLE can fail on each other, and wait for a retry.
                        connection.transactionIsolation = Connection.TRANSACTION_READ_COMMITTED
                        connection.execute("INSERT INTO receipts VALUES (${job.id})")
                        completeIn(connection)
                        if (stop == "before-commit") waitToBeKilled()
                        connection.commit()
                        if (stop == "after-commit") waitToBeKilled()
                    }
                }
            }
            // Each handler has a connection: no more of them than the server takes.
            worker.run {
                mode = RunMode.DRAIN
                maxConcurrentTasks = 20
                heartbeatTimeout = 300.milliseconds
                maxRescues = 1_000
            }
        }
    }

    private fun waitToBeKilled() {
        println("stopped")
        while (true) Thread.sleep(Long.MAX_VALUE)
    }
}

class KilledWorkerSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()

    beforeSpec {
        backend.schema.install()
        // Without a key: a second receipt for a job must be seen, not refused.
        database.execute("CREATE TABLE receipts (job_id bigint NOT NULL)")
    }
    afterSpec { backend.close() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log, receipts") }

    fun worker(stop: String) = WorkerProcess.start(ReceiptWorker::class.java.name, database.dsn, database.jdbcUrl, stop)
    fun receipts() = database.texts("SELECT job_id FROM receipts ORDER BY job_id")
    fun statuses() = database.texts("SELECT status FROM pgqueuer_log ORDER BY id")
    fun ended() = database.texts("SELECT job_id FROM pgqueuer_log WHERE status = 'successful' ORDER BY job_id")

    // In one statement: the server may still be busy with what the killed worker sent last.
    fun halves() = database.texts(
        """
        SELECT coalesce(receipt.job_id, log.job_id)
        FROM receipts receipt
        FULL JOIN (SELECT job_id FROM pgqueuer_log WHERE status = 'successful') log ON log.job_id = receipt.job_id
        WHERE receipt.job_id IS NULL OR log.job_id IS NULL
        """,
    )

    test("a worker killed between its writes and the commit leaves neither; the next one makes both") {
        val id: JobId = backend.queue.enqueue("receipt")
        worker("before-commit").use {
            it.awaitLine("stopped")
            it.kill()
        }
        receipts().shouldBeEmpty()
        ended().shouldBeEmpty()
        worker("none").use { it.awaitEnd() shouldBe 0 }
        receipts().shouldContainExactly("$id")
        ended().shouldContainExactly("$id")
    }

    test("a worker killed right after the commit leaves both, and nothing runs again") {
        val id = backend.queue.enqueue("receipt")
        worker("after-commit").use {
            it.awaitLine("stopped")
            it.kill()
        }
        receipts().shouldContainExactly("$id")
        ended().shouldContainExactly("$id")
        // On a busy machine, the job may have been given back before its run: leases are short here.
        val log = statuses()
        log.last() shouldBe "successful"
        worker("none").use { it.awaitEnd() shouldBe 0 }
        receipts().shouldContainExactly("$id")
        statuses() shouldBe log
    }

    test("workers killed at any moment leave one receipt for each job, and each job ended once") {
        val ids = backend.queue.enqueueAll(List(800) { NewJob("receipt") }).map { "$it" }
        val random = Random(seed = 7)
        repeat(4) {
            val enough = receipts().size + random.nextInt(1, 150)
            worker("none").use { process ->
                eventually(1.minutes) { receipts().size shouldBeGreaterThanOrEqual enough }
                process.kill()
            }
            halves().shouldBeEmpty()
        }
        worker("none").use { it.awaitEnd() shouldBe 0 }
        receipts() shouldBe ids
        ended() shouldBe ids
    }
})
