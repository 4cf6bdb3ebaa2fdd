package io.pgqueuer.engine

import io.pgqueuer.domain.QueueEvent
import io.pgqueuer.domain.TableOperation
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.Signal
import org.slf4j.LoggerFactory

/** Turns notifications into wake-ups and cancellations. */
internal class NotificationListener(
    private val notifications: Notifications,
    private val wakeUps: WakeUps,
    private val registry: LeaseRegistry,
    private val onInterrupted: (Throwable) -> Unit,
) {
    suspend fun run() {
        notifications.listen().collect { signal ->
            when (signal) {
                // Whatever was sent before is not heard: look at the queue once.
                is Signal.Listening -> wakeUps.work()

                is Signal.Interrupted -> {
                    log.warn("notifications are interrupted, polling meanwhile: {}", signal.cause.toString())
                    onInterrupted(signal.cause)
                }

                is Signal.Received -> route(signal.event)
            }
        }
    }

    private fun route(event: QueueEvent) {
        when (event) {
            is QueueEvent.TableChanged -> when (event.operation) {
                TableOperation.INSERT, TableOperation.UPDATE -> wakeUps.work()
                TableOperation.DELETE, TableOperation.TRUNCATE -> wakeUps.freed()
            }

            is QueueEvent.JobsCanceled -> event.ids.forEach(registry::canceled)

            is QueueEvent.HealthCheck -> Unit
        }
    }

    private companion object {
        val log = LoggerFactory.getLogger(NotificationListener::class.java)
    }
}
