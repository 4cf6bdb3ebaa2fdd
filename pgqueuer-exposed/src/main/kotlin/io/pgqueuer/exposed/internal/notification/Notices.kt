package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.JobId
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.TableOperation
import java.sql.Connection
import kotlin.time.Clock

/** Sends notifications. Each is delivered when its transaction commits. */
internal class Notices(
    names: Names,
    private val clock: Clock,
) {
    private val events = EventJson(names)
    private val plain = "SELECT pg_notify(?, payload) FROM unnest(?::text[]) AS event (payload)"
    private val namingQueue = """
        SELECT pg_notify(
            ?,
            (payload || jsonb_build_object('${EventJson.QUEUE}', '${names.queue}'::regclass::oid::bigint))::text
        )
        FROM unnest(?::jsonb[]) AS event (payload)
    """.trimIndent()

    fun changed(connection: Connection, operation: TableOperation) {
        send(connection, QueueEvent.TableChanged(operation, clock.now()))
    }

    fun canceled(connection: Connection, ids: Collection<JobId>) {
        send(connection, QueueEvent.JobsCanceled(ids.toList(), clock.now(), isRecorded = true))
    }

    fun schedulesChanged(connection: Connection) {
        send(connection, QueueEvent.SchedulesChanged(clock.now()))
    }

    fun pausesChanged(connection: Connection) {
        send(connection, QueueEvent.PausesChanged(clock.now()))
    }

    /** Sends [event], split into as many notifications as needed to keep each below the size limit. */
    fun send(connection: Connection, event: QueueEvent) {
        val parts = when (event) {
            is QueueEvent.JobsCanceled -> event.ids.chunked(MAX_IDS).map { event.copy(ids = it) }
            else -> listOf(event)
        }
        // Only workers of the same queue may go by what another has seen.
        val sql = if (event is QueueEvent.NothingDue) namingQueue else plain
        connection.query(sql, listOf(events.channel(event), texts(parts.map(events::write)))) { }
    }

    private companion object {
        /**
         * A notification is less than 8,000 bytes. An id takes at most 19 digits and a comma, the rest less than 400.
         */
        const val MAX_IDS = 7_500 / 20
    }
}
