package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.NewJob
import io.pgqueuer.SchemaException
import io.pgqueuer.port.ClaimTarget
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import org.postgresql.ds.PGSimpleDataSource
import kotlin.time.Instant

class PausesOnPostgresSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val queue = backend.queue

    suspend fun claim(limit: Int = 100) = backend.claim(ClaimTarget("e"), limit = limit).jobs

    beforeSpec { backend.schema.install() }
    afterSpec { backend.close() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_pauses") }

    test("a role that owns nothing pauses and resumes with rights on the table of pauses alone") {
        database.execute("DROP ROLE IF EXISTS operator_of_pauses")
        database.execute("CREATE ROLE operator_of_pauses LOGIN")
        postgresBackend(
            database.settings().with {
                user = "operator_of_pauses"
                poolMaxSize = 1
            },
        ).use { theirs ->
            shouldThrow<SchemaException> { theirs.queue.pause("e") }.message shouldContain "grant"
            database.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON pgqueuer_pauses TO operator_of_pauses")
            val pause = theirs.queue.pause("e")
            theirs.queue.pause("e") shouldBe pause
            backend.insights.pauses() shouldContainExactly listOf(pause)
            theirs.queue.resume("e") shouldBe true
            theirs.insights.pauses().shouldBeEmpty()
        }
    }

    test("a pause is a part of the caller's transaction") {
        suspendTransaction(Database.connect(database.jdbcUrl)) {
            queue.pause("e")
            rollback()
        }
        backend.insights.pauses().shouldBeEmpty()
        queue.enqueue("e")
        suspendTransaction(Database.connect(database.jdbcUrl)) { queue.pause("e") }
        claim().shouldBeEmpty()
    }

    test("on a data source whose transactions are serializable, many pauses at once take effect") {
        val serializable = PGSimpleDataSource().apply {
            setURL(database.jdbcUrl)
            options = "-c default_transaction_isolation=serializable"
        }
        postgresBackend(serializable).use { theirs ->
            coroutineScope {
                repeat(200) { n -> launch(Dispatchers.Default) { theirs.queue.pause("e") { reason = "$n" } } }
            }
        }
        backend.insights.pauses().map { it.entrypoint } shouldBe listOf("e")
    }

    test("a pause that was written by hand holds, whatever its end") {
        val id = queue.enqueue("e")
        database.execute("INSERT INTO pgqueuer_pauses (entrypoint, until) VALUES ('e', 'infinity'), ('x', '-infinity')")
        claim().shouldBeEmpty()
        backend.insights.pauses().single().until shouldBe Instant.DISTANT_FUTURE
        queue.resume("e") shouldBe true
        claim().map { it.job.id } shouldContainExactly listOf(id)
    }

    test("pauses that have ended are removed by the next one") {
        database.execute("INSERT INTO pgqueuer_pauses (entrypoint, until) VALUES ('old', now() - interval '1 day')")
        queue.pause("e")
        database.text("SELECT string_agg(entrypoint, ',') FROM pgqueuer_pauses") shouldBe "e"
    }

    test("no claim that begins after the pause has returned leases a job, however many claim and enqueue") {
        queue.enqueueAll(List(5_000) { NewJob("e") })
        coroutineScope {
            val claiming = List(4) {
                launch(Dispatchers.Default) { while (isActive && claim(limit = 10).isNotEmpty()) Unit }
            }
            queue.pause("e")
            // Claims that began before may end now. What begins from here on must lease nothing.
            val later = List(20) { async(Dispatchers.Default) { claim() } }.flatMap { it.await() }
            later.shouldBeEmpty()
            claiming.forEach { it.join() }
        }
        (database.text("SELECT count(*) FROM pgqueuer WHERE status = 'queued'") != "0") shouldBe true
    }
})
