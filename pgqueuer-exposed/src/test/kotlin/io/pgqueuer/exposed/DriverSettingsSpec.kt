package io.pgqueuer.exposed

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.pgqueuer.EntrypointOptions
import io.pgqueuer.NewJob
import io.pgqueuer.exposed.internal.connection.Connections
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement

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
}) {
    private companion object {
        const val JOBS = 120
    }
}
