package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.RetryPolicy
import io.pgqueuer.StoreClosedException
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.connection.Watchdog
import io.pgqueuer.exposed.internal.connection.translate
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.flow
import org.slf4j.LoggerFactory
import java.sql.Connection
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Sends and receives events by NOTIFY and LISTEN.
 *
 * @param connect opens a connection only for a listener; a pool might hand it to others.
 * @param silence how long a listener may receive nothing before it checks its connection.
 */
internal class PostgresNotifications(
    private val names: Names,
    private val description: String,
    private val connect: () -> Connection,
    private val watchdog: Watchdog,
    private val silence: Duration,
    private val sending: Transactions,
    private val notices: Notices,
    private val random: Random,
) : Notifications {
    private val events = EventJson(names)

    /** All listeners of a backend share one connection. */
    private val shared =
        SharedListener(Dispatchers.IO.limitedParallelism(1, "pgqueuer-listening"), source = ::connected)

    override fun listen(): Flow<Signal> = shared.listen()

    /** Ends the listener. */
    fun close() = shared.close(StoreClosedException("the queue at $description was closed; it no longer listens"))

    private fun connected(): Flow<Signal> = flow {
        // Its own view of the dispatcher, as a listener blocks its thread while it lives.
        val thread = Dispatchers.IO.limitedParallelism(1, "pgqueuer-listener")
        var failures = 0
        while (true) {
            val failure = listenUntilItFails(thread) { failures = 0 }
            if (failures++ == 0) emit(Signal.Interrupted(failure))
            val wait = checkNotNull(reconnects.delayAfter(failure, failures, random))
            log.warn("not listening on {} at {}, next try in {}: {}", names.channel, description, wait, failure.message)
            delay(wait)
        }
    }

    /** Emits received events until the connection fails, and returns the failure. */
    private suspend fun FlowCollector<Signal>.listenUntilItFails(
        thread: CoroutineDispatcher,
        onListening: () -> Unit,
    ): Throwable {
        val connection = attempt { ListenerConnection.open(names.channel, watchdog, thread, silence, connect) }
            .getOrElse { return it }
        try {
            onListening()
            emit(Signal.Listening)
            while (true) {
                val payloads = attempt { connection.await() }.getOrElse { return it }
                payloads.mapNotNull(events::read).forEach { emit(Signal.Received(it)) }
            }
        } finally {
            connection.abort()
        }
    }

    /** Returns any failure as a result: a listener never stops because of one, it tries again. */
    private suspend fun <T> attempt(block: suspend () -> T): Result<T> = try {
        Result.success(block())
    } catch (e: CancellationException) {
        throw e
    } catch (e: Exception) {
        Result.failure(translate(e, description) ?: e)
    }

    override suspend fun publish(event: QueueEvent) = sending.own { notices.send(it, event) }

    private companion object {
        val reconnects =
            RetryPolicy.exponential(Int.MAX_VALUE, initialDelay = 100.milliseconds, maxDelay = 30.seconds)
        val log = LoggerFactory.getLogger(PostgresNotifications::class.java)
    }
}
