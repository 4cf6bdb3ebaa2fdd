package io.pgqueuer.exposed.internal.schedule

import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.exposed.internal.lease.scheduleFence
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.exposed.internal.sql.update
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

    private val release = fenced(
        names,
        "status = 'queued', updated = now(), next_run = CASE WHEN s.paused_at IS NULL THEN now() ELSE s.next_run END",
    )

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
        WHERE id = ANY (?::bigint[]) AND coalesce(status, 'queued') = 'queued' AND paused_at IS NULL
        RETURNING id
    """.trimIndent()

    /** Python knows no pauses, so the next time is moved out of its sight. Its drivers cannot read `infinity`. */
    private val pause = """
        UPDATE ${names.schedules} s
        SET paused_at = coalesce(s.paused_at, now()), next_run = '9999-12-31 00:00:00+00', updated = ${updatedAt("s")}
        WHERE s.id = ANY (?::bigint[])
        RETURNING s.id
    """.trimIndent()

    private val pausedRow = ScheduleRow("s", after = 1)

    /** Rows are locked in the order of their ids. */
    private val paused = """
        SELECT now(), ${pausedRow.columns}
        FROM ${names.schedules} s
        WHERE s.id = ANY (?::bigint[]) AND s.paused_at IS NOT NULL
        ORDER BY s.id
        FOR UPDATE
    """.trimIndent()

    /** By the primary key; the rows are locked. */
    private val resume = """
        UPDATE ${names.schedules} s
        SET paused_at = NULL, next_run = now() + resumed.delay * interval '1 microsecond', updated = ${updatedAt("s")}
        FROM unnest(?::bigint[], ?::bigint[]) AS resumed (id, delay)
        WHERE s.id = resumed.id
    """.trimIndent()

    fun renew(connection: Connection, lease: ScheduleLease): Boolean = connection.isDueAfter(renew, lease) != null

    /** Returns null if the lease is gone, otherwise whether the schedule is due already: its run outlasted its time. */
    fun complete(connection: Connection, lease: ScheduleLease): Boolean? = connection.isDueAfter(complete, lease)

    fun release(connection: Connection, lease: ScheduleLease): Boolean = connection.isDueAfter(release, lease) != null

    fun list(connection: Connection): List<Schedule> = connection.query(list, read = row::read)

    fun remove(connection: Connection, ids: Collection<ScheduleId>): Set<ScheduleId> = connection.changed(remove, ids)

    fun runNow(connection: Connection, ids: Collection<ScheduleId>): Set<ScheduleId> = connection.changed(runNow, ids)

    fun pause(connection: Connection, ids: Collection<ScheduleId>): Set<ScheduleId> = connection.changed(pause, ids)

    /** A schedule whose next time cannot be computed is due at once. */
    fun resume(connection: Connection, ids: Collection<ScheduleId>): Set<ScheduleId> {
        val delays = connection.query(paused, listOf(bigints(ids.map(ScheduleId::value)))) { row ->
            val now = row.instant(1)
            val schedule = pausedRow.read(row)
            schedule.id to ((schedule.nextAfter(now) ?: now) - now).toMicros()
        }.toMap(sortedMapOf())
        if (delays.isEmpty()) return emptySet()
        connection.update(resume, listOf(bigints(delays.keys.map(ScheduleId::value)), bigints(delays.values)))
        return delays.keys
    }

    private fun Connection.changed(change: String, ids: Collection<ScheduleId>): Set<ScheduleId> =
        query(change, listOf(bigints(ids.map(ScheduleId::value)))) { ScheduleId(it.getLong(1)) }.toSortedSet()

    private fun Connection.isDueAfter(change: String, lease: ScheduleLease): Boolean? =
        query(change, listOf(lease.scheduleId.value, lease.epoch), leading = 1) { it.getBoolean(1) }.singleOrNull()
}
