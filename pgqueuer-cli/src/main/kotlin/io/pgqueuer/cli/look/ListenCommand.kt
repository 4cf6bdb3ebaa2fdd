package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.interruptible
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import kotlinx.coroutines.flow.takeWhile

internal class ListenCommand :
    PgqCommand(
        "listen",
        "Print the notifications of the queue as they arrive, until the command is interrupted.",
        examples = listOf("pgq listen", "pgq listen --json"),
    ) {
    private val json by option().flag().help("print one JSON object on each line")

    override suspend fun run() = interruptible("listener") {
        withBackend { backend ->
            val notifications = checkNotNull(backend.capability(StoreBackend::class)).store.notifications
            // A reader such as `head` may have gone.
            notifications.listen().takeWhile { !System.out.checkError() }.collect(::print)
        }
    }

    private fun print(signal: Signal) {
        when (signal) {
            is Signal.Listening -> echo("listening", err = true)
            is Signal.Interrupted -> echo("not listening: ${signal.cause.message}", err = true)
            is Signal.Received -> rowOf(signal.event).let { echo(if (json) it.json() else it.texts.joinToString("  ")) }
        }
    }

    private fun rowOf(event: QueueEvent) = Row(
        "sent_at" to event.sentAt,
        "event" to when (event) {
            is QueueEvent.TableChanged -> event.operation.name.lowercase()
            is QueueEvent.JobsCanceled -> "cancel"
            is QueueEvent.SchedulesChanged -> "schedules"
            is QueueEvent.PausesChanged -> "pauses"
            is QueueEvent.HealthCheck -> "health_check"
            is QueueEvent.NothingDue -> "nothing_due"
        },
        "detail" to when (event) {
            is QueueEvent.JobsCanceled -> event.ids.joinToString(" ")
            is QueueEvent.HealthCheck -> event.id
            is QueueEvent.NothingDue -> "worker ${event.worker}"
            else -> null
        },
    )
}
