package io.pgqueuer.exposed

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.NewJob
import io.pgqueuer.StoreClosedException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Signal
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import org.postgresql.ds.PGSimpleDataSource
import java.net.ServerSocket
import java.sql.Connection
import javax.sql.DataSource
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

class ConnectionSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    beforeSpec { database.backend().use { it.schema.install() } }

    suspend fun refusal(backend: PostgresBackend): String {
        var message = ""
        val took = measureTime {
            message = backend.use { shouldThrow<StoreUnavailableException> { it.queue.enqueue("e") }.message.orEmpty() }
        }
        withClue(message) {
            took shouldBeLessThan 6.seconds
            message.lines() shouldHaveSize 1
        }
        return message
    }

    test("a backend connects to nothing before it is used") {
        val silent = PostgresSettings { hosts = listOf(PostgresHost("localhost", 1)) }
        postgresBackend(silent).use { it.queue }
    }

    test("the error for a server that is not there names its address and the fix") {
        val port = ServerSocket(0).use { it.localPort }
        val message =
            refusal(postgresBackend(database.settings().with { hosts = listOf(PostgresHost("localhost", port)) }))
        message shouldContain "localhost:$port/${database.name}"
        message shouldContain "check that the server runs"
    }

    test("a host that nobody knows is told") {
        refusal(
            postgresBackend(database.settings().with { hosts = listOf(PostgresHost("nowhere.invalid")) }),
        ) shouldContain
            "nowhere.invalid:5432"
    }

    test("a server that says nothing is given up after the connect timeout") {
        ServerSocket(0).use { silent ->
            val settings = database.settings().with {
                hosts = listOf(PostgresHost("localhost", silent.localPort))
                connectTimeout = 1.seconds
            }
            refusal(postgresBackend(settings)) shouldContain "localhost:${silent.localPort}"
        }
    }

    test("the error for a database that is not there names the fix") {
        refusal(postgresBackend(database.settings().with { this.database = "nowhere" })).run {
            this shouldContain "\"nowhere\" does not exist"
            this shouldContain "create the database"
        }
    }

    test("a refused password is told without showing it") {
        RefusingServer("28P01", "password authentication failed for user \"ada\"").use { server ->
            val settings = PostgresSettings {
                user = "ada"
                this.database = "shop"
                password = "S3cret"
                hosts = listOf(PostgresHost("localhost", server.port))
            }
            refusal(postgresBackend(settings)).run {
                this shouldContain "password authentication failed for user \"ada\""
                this shouldContain "check user, password"
                this shouldNotContain "S3cret"
            }
        }
    }

    test("a server that comes back is used again, without a new backend") {
        val forward = PortForward(target = database.port)
        val settings = database.settings().with {
            hosts = listOf(PostgresHost("localhost", forward.port))
            connectTimeout = 2.seconds
        }
        postgresBackend(settings).use { backend ->
            backend.queue.enqueue("e")
            forward.close()
            shouldThrow<StoreUnavailableException> { backend.queue.enqueue("e") }
            PortForward(forward.port, database.port).use {
                soon { backend.queue.enqueue("e") }
            }
        }
    }

    test("a connection that the server ends costs one call at most") {
        database.backend {
            poolMaxSize = 1
            applicationName = "victim"
        }.use { backend ->
            backend.queue.enqueue("e")
            database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'")
            runCatching { backend.queue.enqueue("e") }
                .onFailure { withClue(it) { (it is StoreUnavailableException) shouldBe true } }
            backend.queue.enqueue("e")
        }
    }

    test("connections carry the application's name") {
        database.backend { applicationName = "shop" }.use { backend ->
            backend.queue.enqueue("e")
            database.texts("SELECT application_name FROM pg_stat_activity") shouldContain "shop"
        }
    }

    test("a closed backend says so, and its connections are gone") {
        val backend = database.backend { applicationName = "closed" }
        backend.queue.enqueue("e")
        backend.close()
        soon { database.texts("SELECT pid FROM pg_stat_activity WHERE application_name = 'closed'") shouldHaveSize 0 }
        shouldThrow<StoreClosedException> { backend.queue.enqueue("e") }.message shouldContain "closed"
    }

    test("handlers that hold every connection of the application's pool keep no worker from its work") {
        hikari(database.jdbcUrl, size = 2).use { pool ->
            val backend = postgresBackend(pool)
            backend.clearAll()
            val id = backend.queue.enqueue("e")
            val held = List(2) { pool.connection }
            val claimed = backend.claim(ClaimTarget("e")).jobs.single()
            claimed.job.id shouldBe id
            backend.store.jobs.renew(listOf(claimed.lease)).held shouldBe setOf(claimed.lease)
            backend.store.jobs.settle(listOf(Settlement(claimed.lease, Outcome.Succeeded))) shouldBe
                setOf(claimed.lease)
            backend.store.notifications.listen().first() shouldBe Signal.Listening
            shouldThrow<StoreUnavailableException> { backend.queue.enqueue("e") }.message shouldContain "in use"
            held.forEach(Connection::close)
            backend.queue.enqueue("e")
            backend.close()
            pool.isClosed shouldBe false
        }
    }

    context("every kind of data source serves") {
        fun simple() = PGSimpleDataSource().apply { setURL(database.jdbcUrl) }
        val wrapped = hikari(database.jdbcUrl, size = 2)
        for ((name, source) in mapOf<String, () -> DataSource>(
            "one without a pool" to ::simple,
            "a pool made from a URL" to { hikari(database.jdbcUrl, size = 2) },
            "a pool around a data source" to { HikariDataSource(HikariConfig().apply { dataSource = simple() }) },
            "a pool of a data source's class" to {
                HikariDataSource(
                    HikariConfig().apply {
                        dataSourceClassName = PGSimpleDataSource::class.java.name
                        addDataSourceProperty("url", database.jdbcUrl)
                    },
                )
            },
            "a wrapper of a pool" to { object : DataSource by wrapped {} },
        )) {
            test(name) {
                val backend = postgresBackend(source())
                backend.clearAll()
                backend.queue.enqueue("e")
                val leases = backend.claim(ClaimTarget("e")).jobs.map { it.lease }
                backend.store.jobs.settle(leases.map { Settlement(it, Outcome.Succeeded) }) shouldHaveSize 1
                backend.store.notifications.listen().first() shouldBe Signal.Listening
                backend.close()
            }
        }
    }

    test("a data source with another isolation level does not loosen a limit") {
        val pool = hikari(database.jdbcUrl, size = 8) { transactionIsolation = "TRANSACTION_REPEATABLE_READ" }
        // Not seen to be a pool of Hikari: it serves workers too, as it is.
        val backend = postgresBackend(object : DataSource by pool {
            override fun isWrapperFor(iface: Class<*>?) = false
        })
        backend.clearAll()
        backend.store.jobs.enqueue(List(50) { NewJob("single") })
        repeat(10) {
            val leases = coroutineScope {
                List(6) { async(Dispatchers.Default) { backend.claim(limited("single", 1)).jobs } }.awaitAll()
            }.flatten().map { it.lease }
            leases shouldHaveSize 1
            backend.store.jobs.settle(leases.map { Settlement(it, Outcome.Succeeded) })
        }
        pool.close()
    }

    test("a call whose caller is cancelled leaves its connection in order") {
        database.backend { poolMaxSize = 1 }.use { backend ->
            backend.clearAll()
            database.connect().use { blocker ->
                blocker.autoCommit = false
                blocker.execute("LOCK TABLE pgqueuer")
                coroutineScope {
                    val call = launch(Dispatchers.Default) { backend.queue.enqueue("e") }
                    soon { database.texts(WAITING_FOR_LOCK) shouldHaveSize 1 }
                    val canceling = launch { call.cancelAndJoin() }
                    blocker.rollback()
                    canceling.join()
                }
            }
            backend.queue.enqueue("e")
            // It was finished, as it had begun.
            backend.claim(ClaimTarget("e")).jobs shouldHaveSize 2
        }
    }
})

private fun hikari(url: String, size: Int, more: HikariConfig.() -> Unit = {}) = HikariDataSource(
    HikariConfig().apply {
        jdbcUrl = url
        maximumPoolSize = size
        connectionTimeout = 1_000
        more()
    },
)

/** A server that refuses everybody, in PostgreSQL's protocol: https://www.postgresql.org/docs/current/protocol.html. */
private class RefusingServer(state: String, message: String) : AutoCloseable {
    private val socket = ServerSocket(0)
    val port: Int get() = socket.localPort

    private val answer = "SFATAL\u0000C$state\u0000M$message\u0000\u0000".encodeToByteArray().let { fields ->
        byteArrayOf('E'.code.toByte(), 0, 0, 0, (fields.size + Int.SIZE_BYTES).toByte()) + fields
    }

    init {
        thread(isDaemon = true) {
            while (!socket.isClosed) {
                runCatching {
                    socket.accept().use { client ->
                        // The driver asks for encryption first; it is told no, and then says who it is.
                        val input = client.getInputStream()
                        input.readNBytes(SSL_REQUEST)
                        client.getOutputStream().write('N'.code)
                        input.read(ByteArray(STARTUP_AT_MOST))
                        client.getOutputStream().write(answer)
                    }
                }
            }
        }
    }

    override fun close() = socket.close()

    private companion object {
        const val SSL_REQUEST = 8
        const val STARTUP_AT_MOST = 8_192
    }
}
