package io.pgqueuer.exposed.internal.schedule

import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.exposed.internal.lease.scheduleFence
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.port.ScheduleLease
import java.sql.Connection

/**
 * Changes stored schedules, by the primary key. A change by a worker names its lease, and does nothing if the lease is
 * gone.
 */
internal class ManageSchedules(
    names: Names,
) {
    private val renew = fenced(names, "heartbeat = now()")

    private val complete = fenced(names, "status = 'queued', updated = now(), last_run = now()")

    private val release = fenced(names, "status = 'queued', updated = now(), next_run = now()")

    private fun fenced(names: Names, change: String) = """
        ${EngineStatement.READ_COMMITTED};
        UPDATE ${names.schedules} s SET $change
        WHERE ${scheduleFence("s", id = "?", epoch = "?")}
        RETURNING s.next_run <= now()
    """.trimIndent()

    private val row = ScheduleRow("s")

    /** Reads the whole table, in an order that is the same in every database. */
    private val list = """
        SELECT ${row.columns}
        FROM ${names.schedules} s
        ORDER BY s.entrypoint COLLATE "C", s.expression COLLATE "C"
    """.trimIndent()

    private val remove = "DELETE FROM ${names.schedules} WHERE id = ANY (?::bigint[]) RETURNING id"

    private val runNow = """
        UPDATE ${names.schedules} SET next_run = now(), updated = now()
        WHERE id = ANY (?::bigint[]) AND coalesce(status, 'queued') = 'queued'
        RETURNING id
    """.trimIndent()

    fun renew(connection: Connection, lease: ScheduleLease): Boolean = connection.isDueAfter(renew, lease) != null

    /** Returns null if the lease is gone, otherwise whether the schedule is due already: its run outlasted its time. */
    fun complete(connection: Connection, lease: ScheduleLease): Boolean? = connection.isDueAfter(complete, lease)

    fun release(connection: Connection, lease: ScheduleLease): Boolean = connection.isDueAfter(release, lease) != null

    fun list(connection: Connection): List<Schedule> = connection.query(list, read = row::read)

    fun remove(connection: Connection, ids: Collection<ScheduleId>): Set<ScheduleId> = connection.changed(remove, ids)

    fun runNow(connection: Connection, ids: Collection<ScheduleId>): Set<ScheduleId> = connection.changed(runNow, ids)

    private fun Connection.changed(change: String, ids: Collection<ScheduleId>): Set<ScheduleId> =
        query(change, listOf(bigints(ids.map(ScheduleId::value)))) { ScheduleId(it.getLong(1)) }.toSortedSet()

    private fun Connection.isDueAfter(change: String, lease: ScheduleLease): Boolean? =
        query(change, listOf(lease.scheduleId.value, lease.epoch), leading = 1) { it.getBoolean(1) }.singleOrNull()
}
