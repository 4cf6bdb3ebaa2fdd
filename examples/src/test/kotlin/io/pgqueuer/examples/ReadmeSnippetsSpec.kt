package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.RunMode
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.test.PostgresFixture
import io.pgqueuer.test.inMemoryPgQueuer
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.SchemaUtils
import org.jetbrains.exposed.v1.jdbc.selectAll
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import kotlin.time.Duration.Companion.minutes

class ReadmeSnippetsSpec : FunSpec({
    test("a busy provider is asked again when it said") {
        runTest {
            val replies = ArrayDeque(listOf(Reply(retryAfter = 30.minutes), Reply()))
            val pgq = inMemoryPgQueuer { charges { replies.removeFirst() } }

            pgq.queue.enqueue("charge", "card 42")
            val report = pgq.drain()

            report.retried shouldBe 1
            report.succeeded shouldBe 1
        }
    }

    test("a held job runs again once it is requeued") {
        runTest {
            var isBlocked = true
            val pgq = inMemoryPgQueuer { charges { if (isBlocked) error("the card is blocked") else Reply() } }
            pgq.queue.enqueue("charge")
            pgq.drain().held shouldBe 1

            isBlocked = false
            requeueHeld(pgq.queue)
            pgq.drain().succeeded shouldBe 1
            pgq.heldJobs().shouldBeEmpty()
        }
    }

    test("the schedule is stored when its worker starts") {
        runTest {
            val pgq = inMemoryPgQueuer { dailyReport() }
            pgq.drain()
            pgq.backend.schedules.list().map { it.expression } shouldContainExactly listOf("0 18 * * mon-fri")
        }
    }

    test("a worker runs with the options of the README until it is shut down") {
        runTest {
            val pgq = inMemoryPgQueuer { dailyReport() }
            val running = launch { runForAWhile(pgq.worker).schedulesRun shouldBe 0 }
            pgq.worker.shutdown()
            running.join()
        }
    }

    test("a customer and their job are stored together, and so are the credit and the end of the job") {
        PostgresFixture.start().use { postgres ->
            val server = postgres.newDatabase()
            val database = Database.connect(server.jdbcUrl, user = server.user, password = server.password)
            transaction(database) { SchemaUtils.create(Customers, Credits) }
            postgresBackend(PostgresSettings.parse(server.dsn)).use { backend ->
                backend.schema.install()
                register(database, backend.queue, "ann@example.org")
                creditWorker(backend, database).run { mode = RunMode.DRAIN }.succeeded shouldBe 1
            }
            transaction(database) {
                Customers.selectAll().map { it[Customers.email] } shouldContainExactly listOf("ann@example.org")
                Credits.selectAll().map { it[Credits.email] } shouldContainExactly listOf("ann@example.org")
            }
        }
    }
})
