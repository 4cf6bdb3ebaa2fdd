package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.RetryPolicy
import io.pgqueuer.domain.QueueEvent
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.connection.translate
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.Signal
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.flow
import org.slf4j.LoggerFactory
import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.Executor
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * LISTEN and NOTIFY.
 *
 * @param connect opens a connection for a listener alone; a pool might hand it to others.
 */
internal class PostgresNotifications(
    private val names: Names,
    private val description: String,
    private val connect: () -> Connection,
    private val sending: Transactions,
    private val notices: Notices,
    private val random: Random,
) : Notifications {
    private val events = EventJson(names)

    override fun listen(): Flow<Signal> = flow {
        // A view of its own: a listener blocks its thread for as long as it lives.
        val executor = Dispatchers.IO.limitedParallelism(1, "pgqueuer-listener").asExecutor()
        var failures = 0
        while (true) {
            val failure = listenUntilItFails(executor) { failures = 0 }
            if (failures++ == 0) emit(Signal.Interrupted(failure))
            val wait = checkNotNull(reconnects.delayAfter(failure, failures, random))
            log.warn("not listening on {} at {}, next try in {}: {}", names.channel, description, wait, failure.message)
            delay(wait)
        }
    }

    /** Emits what is heard until the connection fails, and returns why it did. */
    private suspend fun FlowCollector<Signal>.listenUntilItFails(
        executor: Executor,
        onListening: () -> Unit,
    ): Throwable {
        val connection = attempt { ListenerConnection.open(names.channel, executor, connect) }
            .getOrElse { return it }
        try {
            onListening()
            emit(Signal.Listening)
            while (true) {
                val payloads = attempt { connection.await() }.getOrElse { return it }
                payloads.mapNotNull(::read).forEach { emit(Signal.Received(it)) }
            }
        } finally {
            connection.abort()
        }
    }

    /** Returns a failure that a new connection may mend, and throws others. */
    private suspend fun <T> attempt(block: suspend () -> T): Result<T> = try {
        Result.success(block())
    } catch (e: CancellationException) {
        throw e
    } catch (e: Exception) {
        Result.failure(translate(e, description) ?: e as? SQLException ?: throw e)
    }

    private fun read(payload: String): QueueEvent? = try {
        events.read(payload)
    } catch (e: IllegalArgumentException) {
        log.warn("dropped a notification that cannot be read ({}): {}", e.message, payload)
        null
    }

    override suspend fun publish(event: QueueEvent) = sending.own { notices.send(it, event) }

    private companion object {
        val reconnects =
            RetryPolicy.exponential(Int.MAX_VALUE, initialDelay = 100.milliseconds, maxDelay = 30.seconds)
        val log = LoggerFactory.getLogger(PostgresNotifications::class.java)
    }
}
