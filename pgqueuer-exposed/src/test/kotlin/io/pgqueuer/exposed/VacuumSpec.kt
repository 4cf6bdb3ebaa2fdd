package io.pgqueuer.exposed

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.NewJob
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import org.apache.commons.dbcp2.BasicDataSource
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

class VacuumSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec {
        backend.schema.install()
        database.execute("ALTER TABLE pgqueuer SET (autovacuum_enabled = off)")
    }
    afterSpec { backend.close() }

    suspend fun work(jobs: Int) {
        backend.queue.enqueueAll(List(jobs) { NewJob("e", ByteArray(100)) })
        val claimed = backend.claim(ClaimTarget("e"), limit = jobs).jobs
        backend.store.jobs.settle(claimed.map { Settlement(it.lease, Outcome.Succeeded) })
    }

    fun size() = checkNotNull(database.text("SELECT pg_total_relation_size('pgqueuer')")).toLong()

    /** How many pages it takes to find that no job is there to claim. */
    fun pagesOfHead(): Int = database.connect().use { connection ->
        connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        val plan = connection.texts(
            """
            EXPLAIN (ANALYZE, BUFFERS)
            SELECT id FROM pgqueuer WHERE entrypoint = 'e' AND status = 'queued' AND execute_after <= created
            ORDER BY priority DESC, id LIMIT 1
            """,
        ).joinToString()
        plan shouldContain "pgqueuer_immediate"
        checkNotNull(Regex("shared hit=([0-9]+)").find(plan)) { plan }.groupValues[1].toInt()
    }

    test("a vacuum may take longer than the statement timeout, and leaves that to a pool's connection as it was") {
        val slow = TestPostgres.newDatabase()
        // A vacuum rests for 10 ms after each page.
        slow.execute("ALTER DATABASE ${slow.name} SET vacuum_cost_delay = '10ms'")
        slow.execute("ALTER DATABASE ${slow.name} SET vacuum_cost_limit = 1")
        BasicDataSource().apply {
            url = slow.jdbcUrl
            setConnectionInitSqls(listOf("SET statement_timeout = '700ms'"))
        }.use { pool ->
            val slowly = postgresBackend(pool)
            slowly.schema.install()
            slowly.queue.enqueueAll(List(2_000) { NewJob("e", ByteArray(100)) })
            measureTime { slowly.store.maintenance.vacuum() shouldBe true } shouldBeGreaterThan 700.milliseconds
            List(pool.numIdle) { pool.connection }.map { connection ->
                connection.use { it.texts("SHOW statement_timeout").single() }
            }.toSet() shouldBe setOf("700ms")
        }
    }

    test("jobs that come and go take no more room than those between two vacuums") {
        work(2_000)
        backend.store.maintenance.vacuum() shouldBe true
        work(2_000)
        val bounded = size()
        repeat(5) {
            backend.store.maintenance.vacuum() shouldBe true
            work(2_000)
        }
        size() shouldBeLessThan bounded * 5 / 4

        repeat(5) { work(2_000) }
        size() shouldBeGreaterThan 2 * bounded
    }

    test("claims have no dead entries to pass, however few there are beside what lives") {
        backend.queue.enqueueAll(List(100_000) { NewJob("later") { delay = 1.days } })
        work(3_000)
        database.text("SELECT id FROM pgqueuer LIMIT 1")
        pagesOfHead()
        pagesOfHead() shouldBeGreaterThan 10
        backend.store.maintenance.vacuum() shouldBe true
        pagesOfHead() shouldBeLessThan 5
        backend.clearAll()
    }

    test("a vacuum that is under way is not waited for") {
        database.connect().use { other ->
            other.autoCommit = false
            other.execute("LOCK TABLE pgqueuer IN SHARE UPDATE EXCLUSIVE MODE")
            withTimeout(30.seconds) { backend.store.maintenance.vacuum() } shouldBe true
            other.rollback()
        }
    }

    test("who may not is told, until it is granted") {
        database.execute(
            "CREATE ROLE worker LOGIN; GRANT USAGE ON SCHEMA public TO worker; GRANT SELECT ON pgqueuer TO worker",
        )
        database.backend { user = "worker" }.use { worker ->
            worker.store.maintenance.vacuum() shouldBe false
            database.execute("ALTER TABLE pgqueuer OWNER TO worker")
            worker.store.maintenance.vacuum() shouldBe true
        }
    }

    test("a vacuum whose caller is cancelled ends in the server too") {
        work(2_000)
        database.slowVacuum()
        coroutineScope {
            val vacuum = launch(Dispatchers.Default) { backend.store.maintenance.vacuum() }
            eventually(10.seconds) { database.texts(VACUUMS) shouldHaveSize 1 }
            vacuum.cancelAndJoin()
        }
        eventually(10.seconds) { database.texts(VACUUMS).shouldBeEmpty() }
    }

    test("a vacuum whose caller is cancelled ends in the server too if requests to cancel it are lost") {
        work(2_000)
        database.slowVacuum()
        PortForward(target = database.port).use { network ->
            database.backend { hosts = listOf(PostgresHost("localhost", network.port)) }.use { distant ->
                coroutineScope {
                    val vacuum = launch(Dispatchers.Default) { distant.store.maintenance.vacuum() }
                    eventually(10.seconds) { database.texts(VACUUMS) shouldHaveSize 1 }
                    network.loseNext(3)
                    vacuum.cancelAndJoin()
                }
                eventually(10.seconds) { database.texts(VACUUMS).shouldBeEmpty() }
                network.leftToLose shouldBe 0
            }
        }
    }

    test("a server that is away is told as such") {
        database.backend { hosts = listOf(PostgresHost("localhost", 1)) }.use {
            shouldThrow<StoreUnavailableException> { it.store.maintenance.vacuum() }
        }
    }
})

/** A vacuum then takes minutes. */
private fun PostgresDatabase.slowVacuum() {
    execute("ALTER DATABASE $name SET vacuum_cost_delay = '100ms'")
    execute("ALTER DATABASE $name SET vacuum_cost_limit = 1")
}

/** The vacuums of this database, without their parallel workers. */
private const val VACUUMS =
    "SELECT pid FROM pg_stat_activity WHERE query LIKE 'VACUUM%' AND state = 'active' " +
        "AND datname = current_database() AND backend_type = 'client backend'"
