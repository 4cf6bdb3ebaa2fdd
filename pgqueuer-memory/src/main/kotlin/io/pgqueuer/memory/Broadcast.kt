package io.pgqueuer.memory

import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.yield
import java.util.concurrent.CopyOnWriteArrayList

/** Sends every event to every listener. Each has an unlimited channel, so that no writer waits for a slow listener. */
internal class Broadcast : Notifications {
    private val listeners = CopyOnWriteArrayList<Channel<QueueEvent>>()

    override fun listen(): Flow<Signal> = flow {
        val events = Channel<QueueEvent>(Channel.UNLIMITED)
        listeners += events
        try {
            emit(Signal.Listening)
            for (event in events) emit(Signal.Received(event))
        } finally {
            listeners -= events
        }
    }

    override suspend fun publish(event: QueueEvent) {
        yield()
        send(event)
    }

    fun send(event: QueueEvent) {
        listeners.forEach { it.trySend(event) }
    }
}
