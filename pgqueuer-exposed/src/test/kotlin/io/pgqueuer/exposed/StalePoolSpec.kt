package io.pgqueuer.exposed

import com.zaxxer.hikari.HikariDataSource
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Signal
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import org.apache.commons.dbcp2.BasicDataSource
import java.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Connections that a pool holds and that are of no use any more. */
class StalePoolSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    beforeSpec { database.backend().use { it.schema.install() } }

    /** As after a failover: what is open is on a server that is read-only now, what is opened is not. */
    suspend fun readOnlyConnections(body: suspend () -> Unit) {
        database.execute("ALTER ROLE CURRENT_USER IN DATABASE ${database.name} SET default_transaction_read_only = on")
        try {
            body()
        } finally {
            database.connect().use {
                it.execute("SET default_transaction_read_only = off")
                it.execute("ALTER ROLE CURRENT_USER IN DATABASE ${database.name} RESET default_transaction_read_only")
            }
        }
    }

    suspend fun PostgresBackend.fillPool(size: Int) = coroutineScope {
        List(size * 4) { async(Dispatchers.Default) { insights.queueSize() } }.awaitAll()
    }

    test("a pool whose connections are read-only finds a server that is not, at the first call") {
        database.backend { poolMaxSize = 5 }.use { backend ->
            readOnlyConnections { backend.fillPool(5) }
            backend.queue.enqueue("e")
            backend.claim(ClaimTarget("e")).jobs.size shouldBe 1
        }
    }

    test("an application's pool likewise") {
        HikariDataSource().apply {
            jdbcUrl = database.jdbcUrl
            maximumPoolSize = 4
        }.use { pool ->
            val backend = postgresBackend(pool)
            readOnlyConnections {
                backend.fillPool(4)
                // On the pool of the engine.
                backend.schema.verify()
            }
            backend.queue.enqueue("e")
            backend.claim(ClaimTarget("e")).jobs.size shouldBe 1
            backend.close()
        }
    }

    test("the error of a read-only server says how to fix it") {
        readOnlyConnections {
            database.backend { poolMaxSize = 2 }.use { backend ->
                shouldThrow<StoreUnavailableException> { backend.queue.enqueue("e") }
                    .message shouldContain "a primary server is needed"
            }
        }
    }

    test("a listener on a server that is read-only looks for another one: nobody notifies there") {
        database.backend().use { backend ->
            val signals = Channel<Signal>(Channel.UNLIMITED)
            coroutineScope {
                val listener = launch(Dispatchers.Default, CoroutineStart.LAZY) {
                    backend.store.notifications.listen().collect(signals::send)
                }
                readOnlyConnections {
                    listener.start()
                    signals.receive() shouldBe Signal.Listening
                }
                withTimeout(15.seconds) {
                    signals.receive().shouldBeInstanceOf<Signal.Interrupted>()
                    signals.receive() shouldBe Signal.Listening
                }
                listener.cancelAndJoin()
            }
        }
    }

    fun dbcp(size: Int) = BasicDataSource().apply {
        url = database.jdbcUrl
        maxTotal = size
        setMaxWait(Duration.ofSeconds(2))
    }

    test("listeners give their connections back to a pool that is not Hikari's") {
        dbcp(4).use { pool ->
            val backend = postgresBackend(pool)
            repeat(8) {
                withTimeout(10.seconds) { backend.store.notifications.listen().first() } shouldBe Signal.Listening
            }
            soon { pool.numActive shouldBe 0 }
        }
    }

    test("calls that are broken off give their connections back to a pool that is not Hikari's") {
        dbcp(2).use { pool ->
            val backend = postgresBackend(pool)
            backend.clearAll()
            database.connect().use { blocker ->
                blocker.autoCommit = false
                blocker.execute("LOCK TABLE pgqueuer")
                coroutineScope {
                    val calls = List(2) { launch(Dispatchers.Default) { backend.queue.enqueue("e") } }
                    soon { database.texts(WAITING_FOR_LOCK).size shouldBe 2 }
                    calls.forEach { it.cancelAndJoin() }
                }
                soon { pool.numActive shouldBe 0 }
                blocker.rollback()
            }
            backend.queue.enqueue("after")
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() " +
                    "AND datname = current_database() AND backend_type = 'client backend'",
            )
            soon { backend.queue.enqueue("after") }
            soon { pool.numActive shouldBe 0 }
        }
    }

    test("a password that is changed in the application's pool is used for what is opened after") {
        database.execute("DROP ROLE IF EXISTS rotating")
        database.execute("CREATE ROLE rotating LOGIN SUPERUSER")
        HikariDataSource().apply {
            jdbcUrl = database.jdbcUrl.substringBefore('?')
            username = "nobody"
            password = "old"
            maximumPoolSize = 2
            connectionTimeout = 1_000
        }.use { pool ->
            val backend = postgresBackend(pool)
            shouldThrow<StoreUnavailableException> { backend.claim(ClaimTarget("e")) }
            pool.hikariConfigMXBean.setUsername("rotating")
            backend.claim(ClaimTarget("e"))
            withTimeout(10.seconds) { backend.store.notifications.listen().first() } shouldBe Signal.Listening
            // The engine's pool has its connections; those it opens from now on are opened as another user.
            pool.hikariConfigMXBean.setUsername(database.user)
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotating'",
            )
            soon { backend.claim(ClaimTarget("e")) }
            soon { database.texts("SELECT pid FROM pg_stat_activity WHERE usename = 'rotating'").shouldBeEmpty() }
            backend.close()
        }
    }
})
