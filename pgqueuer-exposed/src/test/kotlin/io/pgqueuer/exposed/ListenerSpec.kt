package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.StoreClosedException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.WorkerId
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import io.pgqueuer.port.TableOperation
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.postgresql.PGConnection
import java.net.ServerSocket
import java.util.UUID
import kotlin.time.Clock
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import kotlin.time.measureTime

class ListenerSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend { applicationName = "listening" }
    beforeSpec { backend.schema.install() }
    afterSpec { backend.close() }

    test("a listener whose connection the server ends says so, listens again, and hears again") {
        backend.listening { signals ->
            signals.next() shouldBe Signal.Listening
            database.texts(TERMINATE_LISTENER) shouldBe listOf("t")
            signals.next().shouldBeInstanceOf<Signal.Interrupted>()
                .cause.shouldBeInstanceOf<StoreUnavailableException>()
            signals.next() shouldBe Signal.Listening
            backend.queue.enqueue("e")
            (signals.next() as Signal.Received).event.shouldBeInstanceOf<QueueEvent.TableChanged>()
        }
    }

    test("a server that ends idle sessions does not end a listener") {
        val impatient = TestPostgres.newDatabase()
        impatient.execute("ALTER DATABASE ${impatient.name} SET idle_session_timeout = '500ms'")
        impatient.backend { applicationName = "patient" }.use { patient ->
            patient.schema.install()
            patient.listening { signals ->
                signals.next() shouldBe Signal.Listening
                soon {
                    database.text(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'patient' " +
                            "AND query LIKE 'LISTEN%' AND state_change < now() - interval '1 second'",
                    ) shouldBe "1"
                }
                patient.queue.enqueue("e")
                signals.event().shouldBeInstanceOf<QueueEvent.TableChanged>()
            }
        }
    }

    test("a listener that finds no server says so once, and listens as soon as there is one") {
        val port = ServerSocket(0).use { it.localPort }
        postgresBackend(database.settings().with { hosts = listOf(PostgresHost("localhost", port)) }).use { lonely ->
            lonely.listening { signals ->
                val cause = signals.next().shouldBeInstanceOf<Signal.Interrupted>().cause
                cause.message shouldContain "localhost:$port"
                PortForward(port, database.port).use { signals.next() shouldBe Signal.Listening }
            }
        }
    }

    test("a cancelled listener ends at once, and leaves no connection behind") {
        coroutineScope {
            val signals = Channel<Signal>(Channel.UNLIMITED)
            val listener = launch(Dispatchers.Default) { backend.store.notifications.listen().collect(signals::send) }
            signals.next() shouldBe Signal.Listening
            measureTime { listener.cancelAndJoin() } shouldBeLessThan 2.seconds
        }
        soon { database.texts(LISTENERS) shouldBe emptyList() }
    }

    test("five workers, a consumer and three watchers listen on one connection, which the last one to leave ends") {
        val workers = List(5) { backend.worker { entrypoint("e") { } } }
        coroutineScope {
            val runs = workers.map { worker -> launch(Dispatchers.Default) { worker.run() } }
            val consumer = launch(Dispatchers.Default) { backend.queue.consume("nothing").collect { it.ack() } }
            val watchers = List(3) { backend.completionWatcher(this) }
            val id = backend.queue.enqueue("e")
            watchers.forEach { it.awaitCompletion(id) shouldBe JobStatus.SUCCESSFUL }
            soon { workers.forEach { it.listenerHealthy() shouldBe true } }
            database.texts(LISTENING) shouldHaveSize 1
            consumer.cancelAndJoin()
            workers.forEach { it.shutdown() }
            runs.joinAll()
            database.texts(LISTENING) shouldHaveSize 1
            watchers.forEach { it.close() }
        }
        soon { database.texts(LISTENING).shouldBeEmpty() }
    }

    test("all receive the loss of the connection and the new one, and each hears its own health check") {
        backend.listening { one ->
            one.next() shouldBe Signal.Listening
            backend.listening { other ->
                other.next() shouldBe Signal.Listening
                val before = database.texts(LISTENING).single()
                database.texts(TERMINATE_LISTENER) shouldBe listOf("t")
                for (signals in listOf(one, other)) {
                    signals.next().shouldBeInstanceOf<Signal.Interrupted>()
                    signals.next() shouldBe Signal.Listening
                }
                database.texts(LISTENING).single() shouldNotBe before
                val checks = List(2) { QueueEvent.HealthCheck(UUID(7, it.toLong()), Instant.fromEpochSeconds(0)) }
                checks.forEach { backend.store.notifications.publish(it) }
                for (signals in listOf(one, other)) List(2) { signals.event() } shouldBe checks
            }
        }
    }

    test("a backend that is closed ends its listener, and tells who listens") {
        database.backend { applicationName = "closing" }.use { closing ->
            closing.listening { signals ->
                signals.next() shouldBe Signal.Listening
                closing.close()
                signals.next().shouldBeInstanceOf<Signal.Interrupted>().cause.shouldBeInstanceOf<StoreClosedException>()
                soon { database.texts(LISTENING.replace("listening", "closing")).shouldBeEmpty() }
            }
        }
    }

    test("what Python sends is understood; what nobody understands is dropped") {
        backend.listening { signals ->
            signals.next() shouldBe Signal.Listening
            for (payload in listOf(
                "no JSON",
                "[]",
                "{}",
                """{"type": "unheard_of", "sent_at": "2026-11-20T14:11:04Z"}""",
                """{"type": "table_changed_event", "sent_at": "yesterday", "operation": "insert"}""",
                """{"type": "table_changed_event", "sent_at": "2026-11-20T14:11:04Z", "operation": "vacuum"}""",
                """{"type": "cancellation_event", "sent_at": "2026-11-20T14:11:04Z", "ids": ["x"]}""",
                """{"type": "cancellation_event", "sent_at": "2026-11-20T14:11:04Z", "ids": 8}""",
                """{"type": {}, "sent_at": []}""",
                """{"channel": "ch_pgqueuer", "sent_at": "2026-11-20T14:11:13.330073Z", """ +
                    """"type": "cancellation_event", "ids": [8, 9], "later": {"more": true}}""",
                """{"channel": "ch_pgqueuer", "operation": "insert", "sent_at": "2026-11-20T14:11:04.3+00:00", """ +
                    """"table": "pgqueuer", "type": "table_changed_event"}""",
            )) {
                database.execute("SELECT pg_notify('ch_pgqueuer', '$payload')")
            }
            // A cancellation of Python's is checked first, and may be told after what came later.
            setOf(signals.event(), signals.event()) shouldBe setOf(
                QueueEvent.JobsCanceled(
                    listOf(JobId(8), JobId(9)),
                    Instant.parse("2026-11-20T14:11:13.330073Z"),
                    false,
                ),
                QueueEvent.TableChanged(TableOperation.INSERT, Instant.parse("2026-11-20T14:11:04.3Z")),
            )
        }
    }

    test("the trigger notifies of inserts, deletes and truncates, once for each statement, and not of updates") {
        database.connect().use { raw ->
            raw.execute("LISTEN ch_pgqueuer")
            database.execute(
                "INSERT INTO pgqueuer (priority, status, entrypoint) SELECT 0, 'failed', 'e' FROM generate_series(1, 3)",
            )
            database.execute("UPDATE pgqueuer SET priority = 1")
            database.execute("DELETE FROM pgqueuer")
            database.execute("TRUNCATE pgqueuer")
            val notifications = raw.unwrap(PGConnection::class.java)
            val heard = buildList { while (size < 3) addAll(notifications.getNotifications(5_000).shouldNotBeNull()) }
                .map {
                    Json.parseToJsonElement(it.parameter).jsonObject.mapValues { (_, v) -> v.jsonPrimitive.content }
                }
            heard.map { it["operation"] } shouldBe listOf("insert", "delete", "truncate")
            for (event in heard) {
                event.keys shouldBe setOf("channel", "operation", "sent_at", "table", "type")
                event["channel"] shouldBe "ch_pgqueuer"
                event["table"] shouldBe "pgqueuer"
                event["type"] shouldBe "table_changed_event"
                (Clock.System.now() - Instant.parse(event.getValue("sent_at"))).absoluteValue shouldBeLessThan 1.minutes
            }
        }
    }

    test("what workers tell each other does not reach Python, nor the workers of another queue of the same name") {
        val event = QueueEvent.NothingDue("1", UUID(1, 2), WorkerId(UUID(3, 4)), true, 5.minutes, Instant.DISTANT_PAST)
        val check = QueueEvent.HealthCheck(UUID(1, 2), Instant.fromEpochSeconds(0))
        database.execute("CREATE SCHEMA namesake")
        database.backend { schema = "namesake" }.use { namesake ->
            namesake.schema.install()
            database.connect().use { python ->
                python.execute("LISTEN ch_pgqueuer")
                namesake.listening { others ->
                    others.next() shouldBe Signal.Listening
                    backend.listening { signals ->
                        signals.next() shouldBe Signal.Listening
                        backend.store.notifications.publish(event)
                        backend.store.notifications.publish(check)
                        List(2) { signals.event() } shouldBe listOf(event, check)
                        others.event() shouldBe check
                    }
                }
                val heard = python.unwrap(PGConnection::class.java).getNotifications(5_000).shouldNotBeNull().single()
                heard.parameter shouldContain "health_check_event"
            }
        }
    }

    test("the events of a prefix go to its own channel, with the prefix as it was given") {
        database.backend { prefix = "Shop_" }.use { shop ->
            shop.schema.install()
            backend.listening { others ->
                others.next() shouldBe Signal.Listening
                shop.listening { signals ->
                    signals.next() shouldBe Signal.Listening
                    shop.queue.enqueue("e")
                    signals.event().shouldBeInstanceOf<QueueEvent.TableChanged>()
                }
                others.tryReceive().isSuccess shouldBe false
            }
        }
    }
})

private const val LISTENERS =
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'listening' AND query LIKE 'LISTEN%'"

/** It shows the last statement on the connection: the probe, once there was silence for a while. */
private const val LISTENING =
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'listening' AND datname = current_database() " +
        "AND (query LIKE 'LISTEN%' OR query LIKE 'SHOW%')"
private const val TERMINATE_LISTENER =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listening' " +
        "AND query LIKE 'LISTEN%' AND datname = current_database()"

private suspend fun PostgresBackend.listening(body: suspend (Channel<Signal>) -> Unit) = coroutineScope {
    val signals = Channel<Signal>(Channel.UNLIMITED)
    val listener = launch(Dispatchers.Default) { store.notifications.listen().collect(signals::send) }
    body(signals)
    listener.cancelAndJoin()
}

private suspend fun Channel<Signal>.next(): Signal = withTimeout(15.seconds) { receive() }

private suspend fun Channel<Signal>.event(): QueueEvent = (next() as Signal.Received).event
