package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.NewJob
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.exposed.internal.connection.Connections
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.connection.Watchdog
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Signal
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

class FrozenNetworkSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    beforeSpec { database.backend().use { it.schema.install() } }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }

    suspend fun through(network: PortForward, poolMaxSize: Int = 3, block: suspend (PostgresBackend) -> Unit) =
        postgresBackend(
            database.settings().with {
                hosts = listOf(PostgresHost("localhost", network.port))
                this.poolMaxSize =
                    poolMaxSize
                connectTimeout = 5.seconds
            },
        ).use { block(it) }

    suspend fun gaveUp(after: Duration = 200.milliseconds, call: suspend () -> Unit) {
        measureTime {
            withContext(Dispatchers.Default) {
                shouldThrow<TimeoutCancellationException> { withTimeout(after) { call() } }
            }
        } shouldBeLessThan after + 1.seconds
    }

    test("a cancelled enqueue on a frozen connection returns at once, and the next call has a new connection") {
        PortForward(target = database.port).use { network ->
            through(network, poolMaxSize = 1) { backend ->
                backend.queue.enqueue("e")
                network.freezeOpen()
                gaveUp { backend.queue.enqueue("e") }
                withTimeout(8.seconds) { backend.queue.enqueue("after") }
                jdbcThreads().shouldBeEmpty()
            }
        }
        database.text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'after'") shouldBe "1"
    }

    test("as many cancelled calls as the pool has connections leave the pool whole") {
        PortForward(target = database.port).use { network ->
            through(network, poolMaxSize = 3) { backend ->
                database.connect().use { blocker ->
                    blocker.autoCommit = false
                    blocker.execute("LOCK TABLE pgqueuer")
                    coroutineScope {
                        repeat(3) { launch(Dispatchers.Default) { backend.claim(ClaimTarget("e$it")) } }
                        soon { database.texts(WAITING_FOR_LOCK) shouldHaveSize 3 }
                        blocker.rollback()
                    }
                }
                network.freezeOpen()
                coroutineScope {
                    repeat(9) { launch(Dispatchers.Default) { gaveUp { backend.claim(ClaimTarget("e$it")) } } }
                }
                withTimeout(8.seconds) {
                    coroutineScope {
                        List(9) { async(Dispatchers.Default) { backend.queue.enqueue("after") } }.awaitAll()
                    }
                }
            }
        }
    }

    test("a network that is frozen for all keeps no caller, and no thread") {
        PortForward(target = database.port).use { network ->
            through(network) { backend ->
                backend.queue.enqueue("e")
                network.freezeAll()
                repeat(5) { gaveUp { backend.queue.enqueue("e") } }
                soon { jdbcThreads().shouldBeEmpty() }
                network.thaw()
                network.cut()
                soon { backend.queue.enqueue("after") }
            }
        }
    }

    test("a worker whose calls all hang cancels its handler before the lease expires") {
        PortForward(target = database.port).use { network ->
            through(network, poolMaxSize = 1) { backend ->
                backend.queue.enqueue("e")
                val started = CompletableDeferred<Unit>()
                val cancelled = CompletableDeferred<Unit>()
                val worker = backend.worker {
                    entrypoint("e") {
                        started.complete(Unit)
                        try {
                            awaitCancellation()
                        } finally {
                            cancelled.complete(Unit)
                        }
                    }
                }
                coroutineScope {
                    val running = launch(Dispatchers.Default) {
                        worker.run {
                            heartbeatTimeout = 2.seconds
                            dequeueTimeout = 50.milliseconds
                            shutdownTimeout = Duration.ZERO
                        }
                    }
                    started.await()
                    network.freezeAll()
                    withTimeout(2.seconds) { cancelled.await() }
                    network.thaw()
                    network.cut()
                    running.cancelAndJoin()
                }
            }
        }
    }

    test("a claim whose caller has left gives its jobs back") {
        database.backend().use { backend ->
            backend.store.jobs.enqueue(List(3) { NewJob("e") })
            PortForward(target = database.port).use { network ->
                through(network) { slow ->
                    slow.claim(ClaimTarget("nothing"))
                    network.delay = 300.milliseconds
                    gaveUp { slow.claim(ClaimTarget("e")) }
                    soon { database.text("SELECT count(*) FROM pgqueuer_log WHERE status = 'picked'") shouldBe "3" }
                    soon { database.texts("SELECT status FROM pgqueuer") shouldBe List(3) { "queued" } }
                    backend.claim(ClaimTarget("e")).jobs shouldHaveSize 3
                }
            }
        }
    }

    test("a call that nobody cancels is broken off at its bound, which its error names") {
        val watchdog = Watchdog()
        PortForward(target = database.port).use { network ->
            val settings = database.settings().with { hosts = listOf(PostgresHost("localhost", network.port)) }
            Connections.of(settings).use { connections ->
                val transactions = Transactions(connections.engine, Dispatchers.IO, watchdog, bound = 500.milliseconds)
                transactions.own { it.execute("SELECT 1") }
                network.freezeOpen()
                measureTime {
                    shouldThrow<StoreUnavailableException> { transactions.own { it.execute("SELECT 1") } }
                        .message shouldContain "longer than 500ms"
                } shouldBeLessThan 3.seconds
                transactions.own { it.execute("SELECT 1") }
                // A statement that the server can cancel does not take its connection with it by an abort.
                measureTime {
                    shouldThrow<StoreUnavailableException> { transactions.own { it.execute("SELECT pg_sleep(60)") } }
                        .message shouldContain "longer than 500ms"
                } shouldBeLessThan 3.seconds
                soon {
                    database.texts(
                        "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active'",
                    ).shouldBeEmpty()
                }
            }
        }
    }

    test("a listener on a frozen connection notices, says so, and listens on a new one") {
        PortForward(target = database.port).use { network ->
            through(network) { backend ->
                coroutineScope {
                    val signals = Channel<Signal>(Channel.UNLIMITED)
                    val listener =
                        launch(Dispatchers.Default) { backend.store.notifications.listen().collect(signals::send) }
                    withTimeout(5.seconds) { signals.receive() } shouldBe Signal.Listening
                    network.freezeOpen()
                    // It hears nothing for 10 s, and has 5 s to find out that its connection is dead.
                    withTimeout(18.seconds) {
                        signals.receive().shouldBeInstanceOf<Signal.Interrupted>()
                        signals.receive() shouldBe Signal.Listening
                    }
                    listener.cancelAndJoin()
                }
            }
        }
    }

    test("a cancelled call that waits for a lock ends in the server too, and its connection is replaced") {
        database.backend { poolMaxSize = 1 }.use { backend ->
            backend.queue.enqueue("e")
            database.connect().use { blocker ->
                blocker.autoCommit = false
                blocker.execute("LOCK TABLE pgqueuer")
                gaveUp { backend.queue.enqueue("e") }
                soon { database.texts(WAITING_FOR_LOCK).shouldBeEmpty() }
                blocker.rollback()
            }
            backend.queue.enqueue("after")
            database.text("SELECT count(*) FROM pgqueuer") shouldBe "2"
        }
    }
})

/** Threads of ours that are inside the driver; those of a pool that opens connections have bounds of their own. */
private fun jdbcThreads(): List<String> = Thread.getAllStackTraces()
    .filter { (thread, _) -> thread.name.startsWith("DefaultDispatcher") }
    .filterValues { frames -> frames.any { it.className.startsWith("org.postgresql.") } }
    .map { (thread, frames) -> thread.name + frames.joinToString("\n  ", prefix = "\n  ") }
