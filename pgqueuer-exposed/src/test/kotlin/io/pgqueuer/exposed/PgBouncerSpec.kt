package io.pgqueuer.exposed

import ch.qos.logback.classic.Level
import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.NewJob
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.test.PostgresDatabase
import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Workers and producers whose only way to the server is PgBouncer in transaction mode. */
class PgBouncerSpec : FunSpec({
    val fixture = lazy { PostgresFixture.embedded() }
    afterSpec { if (fixture.isInitialized()) fixture.value.close() }

    /** Fewer connections to the server than the clients have to the pooler: they take turns on each. */
    suspend fun pooled(serverConnections: Int = 3, block: suspend (PostgresDatabase, PgBouncer) -> Unit) {
        val database = fixture.value.newDatabase()
        PgBouncer.before(database, serverConnections).use { block(database, it) }
    }

    fun pooledTest(name: String, test: suspend () -> Unit) =
        test(name).config(enabledOrReasonIf = PgBouncer.isInstalled) { test() }

    /** Two workers and two producers, while the pooler fails. */
    suspend fun load(failing: suspend PgBouncer.() -> Unit) = pooled { database, pooler ->
        val clients = List(3) { postgresBackend(pooler.settings) }
        try {
            Load(clients).run(claimsSurvive = true, after = database) { pooler.failing() }
        } finally {
            clients.forEach { it.close() }
        }
    }

    pooledTest("all goes on when the pooler is killed and restarted under load") {
        load {
            kill()
            // Clients must find nobody there for a while.
            delay(2.seconds)
            start()
        }
    }

    pooledTest("all goes on when the pooler is paused under load, as for a restart of the server, and resumed") {
        load {
            pause()
            delay(3.seconds)
            resume()
        }
    }

    pooledTest("a worker says that notifications do not arrive, and polls") {
        pooled { database, pooler ->
            postgresBackend(pooler.settings).use { backend ->
                backend.schema.install()
                val worker = backend.worker { entrypoint("e") { } }
                val warnings = CopyOnWriteArrayList<String>()
                watchingLog("io.pgqueuer.engine.listening.NotificationListener", warnings::add, Level.WARN) {
                    coroutineScope {
                        val run = async(Dispatchers.Default) { worker.run { dequeueTimeout = 500.milliseconds } }
                        eventually(30.seconds) { warnings.single() shouldContain "PgBouncer in transaction mode" }
                        worker.listenerHealthy() shouldBe false
                        backend.queue.enqueueAll(List(100) { NewJob("e") })
                        soon { database.text("SELECT count(*) FROM pgqueuer") shouldBe "0" }
                        worker.shutdown()
                        run.await().succeeded shouldBe 100
                    }
                }
            }
        }
    }

    pooledTest("a worker that is told not to listen polls, warns of nothing, and is healthy") {
        pooled { database, pooler ->
            postgresBackend(pooler.settings).use { backend ->
                backend.schema.install()
                val worker = backend.worker { entrypoint("e") { } }
                val warnings = CopyOnWriteArrayList<String>()
                watchingLog("io.pgqueuer", warnings::add, Level.WARN) {
                    coroutineScope {
                        val run = async(Dispatchers.Default) {
                            worker.run {
                                listen = false
                                dequeueTimeout = 500.milliseconds
                            }
                        }
                        soon { worker.listenerHealthy() shouldBe true }
                        backend.queue.enqueueAll(List(100) { NewJob("e") })
                        soon { database.text("SELECT count(*) FROM pgqueuer") shouldBe "0" }
                        worker.shutdown()
                        run.await().succeeded shouldBe 100
                    }
                }
                warnings.shouldBeEmpty()
            }
        }
    }

    pooledTest("a worker that listens on the server itself is woken at once, and does all else through the pooler") {
        pooled { database, pooler ->
            val settings = pooler.settings.with { listenerHosts = listOf(PostgresHost(database.host, database.port)) }
            postgresBackend(settings).use { backend ->
                backend.schema.install()
                val started = Channel<Unit>()
                val worker = backend.worker { entrypoint("e") { started.send(Unit) } }
                coroutineScope {
                    // Without a notification, the job would start after an hour.
                    val run = async(Dispatchers.Default) { worker.run { dequeueTimeout = 1.hours } }
                    soon { worker.listenerHealthy() shouldBe true }
                    backend.queue.enqueue("e")
                    withTimeout(15.seconds) { started.receive() }
                    worker.shutdown()
                    run.await().succeeded shouldBe 1
                }
            }
        }
    }

    pooledTest("no setting of the queue's transactions stays on a connection that others use next") {
        // All take turns on one connection.
        pooled(serverConnections = 1) { database, pooler ->
            database.execute("ALTER DATABASE ${database.name} SET statement_timeout = '20s'")
            // A transaction's isolation is that of the transaction alone.
            fun set() = pooler.through.texts(
                "SELECT name FROM pg_settings WHERE source = 'session' AND name <> 'transaction_isolation'",
            )
            val before = set()
            postgresBackend(pooler.settings).use { backend ->
                backend.schema.install()
                backend.queue.enqueueAll(List(20) { NewJob("e") })
                val jobs = backend.claim(limited("e", 10)).jobs
                jobs shouldHaveSize 10
                backend.store.jobs.renew(jobs.map { it.lease })
                backend.store.maintenance.aggregate(1_000)
                backend.store.maintenance.vacuum() shouldBe true
                backend.queue.clear("e")
            }
            (set() - before.toSet()).shouldBeEmpty()
        }
    }

    pooledTest("a driver that prepares statements is told how not to") {
        pooled(serverConnections = 1) { _, pooler ->
            val preparing = pooler.settings.with { properties = mapOf("prepareThreshold" to "1") }
            postgresBackend(pooler.settings).use { it.schema.install() }
            val failures = CopyOnWriteArrayList<Throwable>()
            repeat(3) {
                postgresBackend(preparing).use { backend ->
                    runCatching { backend.claim(ClaimTarget("e")) }.onFailure(failures::add)
                }
            }
            failures.filterIsInstance<StoreUnavailableException>() shouldHaveSize failures.size
            failures.first().message shouldContain "prepareThreshold=0"
        }
    }
})
