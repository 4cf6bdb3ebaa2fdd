package io.pgqueuer.memory

import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.yield
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * Sends every event to every listener, to all in the same order. Each has an unlimited channel, so that no writer waits
 * for a slow listener.
 */
internal class Broadcast : Notifications {
    private val listeners = CopyOnWriteArrayList<Channel<Signal.Received>>()
    private val lock = ReentrantLock()
    private var sent = 0L

    override fun listen(): Flow<Signal> = flow {
        val events = Channel<Signal.Received>(Channel.UNLIMITED)
        listeners += events
        try {
            emit(Signal.Listening)
            for (event in events) emit(event)
        } finally {
            listeners -= events
        }
    }

    override suspend fun publish(event: QueueEvent) {
        yield()
        send(event)
    }

    fun send(event: QueueEvent) = lock.withLock {
        val received = Signal.Received(event, id = "${++sent}")
        listeners.forEach { it.trySend(received) }
    }
}
