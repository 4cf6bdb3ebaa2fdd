package io.pgqueuer.exposed

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.EntrypointOptions
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.exposed.internal.connection.Connections
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import org.apache.commons.dbcp2.BasicDataSource

/** The application may have set anything for the driver, its pool or the database; statements do not depend on it. */
class DriverSettingsSpec : FunSpec({
    val database = TestPostgres.newDatabase()

    beforeSpec { database.backend().use { it.schema.install() } }

    val settings = listOf(
        mapOf("defaultRowFetchSize" to "1"),
        mapOf("defaultRowFetchSize" to "100", "prepareThreshold" to "1", "autosave" to "always"),
        mapOf("prepareThreshold" to "0", "binaryTransfer" to "false", "reWriteBatchedInserts" to "true"),
        mapOf("preferQueryMode" to "extendedForPrepared", "stringtype" to "unspecified"),
        mapOf("preferQueryMode" to "extendedCacheEverything", "defaultRowFetchSize" to "7"),
        mapOf("preferQueryMode" to "simple"),
        mapOf("preferQueryMode" to "simple", "defaultRowFetchSize" to "1", "autosave" to "always"),
        mapOf("readOnly" to "true", "socketTimeout" to "20"),
    )
    for (properties in settings) {
        test("120 jobs are claimed, renewed and settled with $properties") {
            database.backend { this.properties = properties }.use { backend ->
                backend.clearAll()
                val ids = backend.queue.enqueueAll(List(JOBS) { NewJob("e") })
                val claimed = backend.claim(ClaimTarget("e", EntrypointOptions { }), limit = JOBS).jobs
                val leases = claimed.map { it.lease }
                leases.map { it.jobId } shouldContainExactlyInAnyOrder ids
                backend.store.jobs.renew(leases).held shouldBe leases.toSet()
                backend.store.jobs.settle(leases.map { Settlement(it, Outcome.Released) }) shouldBe leases.toSet()
            }
        }
    }

    test("connections of our pools are READ COMMITTED and read-write, whatever the pool says") {
        database.execute("ALTER DATABASE ${database.name} SET default_transaction_isolation = serializable")
        val application = HikariDataSource(
            HikariConfig().apply {
                jdbcUrl = database.jdbcUrl
                isReadOnly = true
                transactionIsolation = "TRANSACTION_SERIALIZABLE"
            },
        )
        application.use {
            for (connections in listOf(Connections.of(database.settings()), Connections.of(application))) {
                connections.use {
                    it.engine.open().use { connection ->
                        connection.texts("SHOW transaction_isolation") shouldBe listOf("read committed")
                        connection.texts("SHOW transaction_read_only") shouldBe listOf("off")
                    }
                }
            }
        }
    }
    test("the queue is in the schema of the application's pool, for workers too") {
        database.execute("CREATE SCHEMA of_the_pool")
        val application = HikariDataSource(
            HikariConfig().apply {
                jdbcUrl = database.jdbcUrl
                schema = "of_the_pool"
            },
        )
        application.use { pool ->
            postgresBackend(pool).use { backend ->
                backend.schema.install()
                val id = backend.queue.enqueue("e")
                val worker = backend.worker { entrypoint("e") { } }
                worker.run { mode = RunMode.DRAIN }.succeeded shouldBe 1
                backend.insights.log(id).last().status shouldBe JobStatus.SUCCESSFUL
            }
        }
        database.text("SELECT count(*) FROM of_the_pool.pgqueuer_log WHERE status = 'successful'") shouldBe "1"
    }

    test("an error on a pool whose connections are read-only names the pool as a possible cause") {
        BasicDataSource().use { pool ->
            pool.url = database.jdbcUrl
            pool.defaultReadOnly = true
            postgresBackend(pool).use { backend ->
                shouldThrow<StoreUnavailableException> { backend.queue.enqueue("e") }.message shouldContain
                    "a pool must not make its connections read-only"
            }
        }
    }
}) {
    private companion object {
        const val JOBS = 120
    }
}
