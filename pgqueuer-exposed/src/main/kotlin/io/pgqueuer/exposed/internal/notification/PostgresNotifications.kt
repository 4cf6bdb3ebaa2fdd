@file:OptIn(ExperimentalCoroutinesApi::class)

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
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import org.postgresql.PGNotification
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
    private val otherQueues = OtherQueues(names)

    /** All listeners of a backend share one connection. */
    private val shared =
        SharedListener(Dispatchers.IO.limitedParallelism(1), source = ::connected)

    override fun listen(): Flow<Signal> = shared.listen()

    /** Ends the listener. */
    fun close() = shared.close(StoreClosedException("the queue at $description was closed; it no longer listens"))

    private suspend fun connected(tell: (Signal) -> Unit) {
        // Its own view of the dispatcher, as a listener blocks its thread while it lives.
        val thread = Dispatchers.IO.limitedParallelism(1)
        var failures = 0
        while (true) {
            val failure = listenUntilItFails(thread, onListening = { failures = 0 }, tell)
            if (failures++ == 0) tell(Signal.Interrupted(failure))
            val wait = checkNotNull(reconnects.delayAfter(failure, failures, random))
            log.warn("not listening on {} at {}, next try in {}: {}", names.channel, description, wait, failure.message)
            delay(wait)
        }
    }

    /**
     * Tells of received events until the connection fails, and returns the failure. Events that are certain are told on
     * the thread that receives them: to hand them over to another one would delay every wake-up.
     */
    private suspend fun listenUntilItFails(
        thread: CoroutineDispatcher,
        onListening: () -> Unit,
        tell: (Signal) -> Unit,
    ): Throwable {
        val connection = attempt { ListenerConnection.open(names, watchdog, thread, silence, connect) }
            .getOrElse { return it }
        try {
            onListening()
            tell(Signal.Listening)
            while (true) {
                val doubtful = mutableListOf<QueueEvent.JobsCanceled>()
                attempt {
                    connection.await { notification ->
                        when (val event = events.read(notification.parameter, connection.queue)) {
                            null -> Unit
                            is QueueEvent.JobsCanceled if !event.isRecorded -> doubtful += event
                            else -> tell(Signal.Received(event, idOf(event, notification)))
                        }
                    }
                }.onFailure { return it }
                doubtful.forEach { tell(Signal.Received(checked(it))) }
            }
        } finally {
            connection.abort()
        }
    }

    /** The server delivers changes to all listeners in the same order, and each transaction sends equal ones once. */
    private fun idOf(event: QueueEvent, notification: PGNotification): String? =
        if (event is QueueEvent.TableChanged) "${notification.pid} ${event.sentAt} ${event.operation}" else null

    /**
     * Python sends a cancellation that leaves no mark in the job's row, so workers cannot check it: they cancel the job.
     * If other queues share the channel, [event] may concern a job of one of them that has the same id. It is then
     * returned as one that workers check first.
     *
     * The channel has no schema: the queues of all schemas with the same prefix share it.
     */
    private suspend fun checked(event: QueueEvent.JobsCanceled): QueueEvent =
        if (isChannelShared()) event.copy(isRecorded = true) else event

    /** Whether other schemas have a queue of this name. If the store cannot tell, they may. */
    private suspend fun isChannelShared(): Boolean = attempt { sending.own { otherQueues.run(it) > 0 } }.getOrElse {
        log.warn(
            "cannot tell whether {} at {} is shared, so a cancellation may be missed: {}",
            names.channel,
            description,
            "$it",
        )
        true
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
