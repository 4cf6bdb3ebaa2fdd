package io.pgqueuer.engine.listening

import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.engine.leases.LeaseRegistry
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import io.pgqueuer.port.TableOperation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.slf4j.LoggerFactory
import kotlin.time.Duration.Companion.seconds

/** Wakes the worker and checks leases when notifications arrive. Also checks that they do arrive. */
internal class NotificationListener(
    context: EngineContext,
    private val registry: LeaseRegistry,
    private val probes: HealthProbes,
    private val onFailure: (reason: String) -> Unit,
) {
    private val notifications = context.store.notifications
    private val wakeUps = context.wakeUps
    private val events = context.events

    suspend fun run() = coroutineScope {
        notifications.listen().collect { signal ->
            when (signal) {
                is Signal.Listening -> {
                    // Earlier notifications were missed: look at the queue once.
                    wakeUps.work()
                    wakeUps.schedules()
                    events.sendIfObserved { WorkerEvent.ListenerReady(events.worker) }
                    launch { probe() }
                }

                is Signal.Interrupted -> {
                    events.send(WorkerEvent.ListenerLost(events.worker, signal.cause))
                    onFailure("${signal.cause}")
                }

                is Signal.Received -> route(signal.event, signal.id)
            }
        }
    }

    private fun route(event: QueueEvent, id: String?) {
        when (event) {
            is QueueEvent.TableChanged -> when (event.operation) {
                TableOperation.INSERT, TableOperation.UPDATE -> wakeUps.changed(id)
                TableOperation.DELETE, TableOperation.TRUNCATE -> wakeUps.freed()
            }

            is QueueEvent.NothingDue -> wakeUps.nothingDue(event)

            is QueueEvent.JobsCanceled -> event.ids.forEach { registry.canceled(it, event.isRecorded) }

            is QueueEvent.SchedulesChanged -> wakeUps.schedules()

            is QueueEvent.PausesChanged -> wakeUps.work()

            is QueueEvent.HealthCheck -> probes.heard(event.id)
        }
    }

    /** A pooler between the worker and the server may accept LISTEN and never deliver a notification. */
    private suspend fun probe() {
        val arrives = attempt { probes.roundTrip(PROBE_TIMEOUT) }.getOrElse {
            // The notification could not be sent. That says nothing about whether notifications arrive.
            return log.debug("cannot probe the notifications", it)
        }
        if (!arrives) {
            val reason = "a notification did not come back within $PROBE_TIMEOUT"
            log.warn(
                "{}; polling goes on. Is there a pooler such as PgBouncer in transaction mode? Let workers connect " +
                    "to the server itself",
                reason,
            )
            onFailure(reason)
        }
    }

    private companion object {
        val PROBE_TIMEOUT = 10.seconds
        val log = LoggerFactory.getLogger(NotificationListener::class.java)
    }
}
