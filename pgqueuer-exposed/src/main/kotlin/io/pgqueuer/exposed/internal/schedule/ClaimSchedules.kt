package io.pgqueuer.exposed.internal.schedule

import io.pgqueuer.exposed.internal.lease.nextEpoch
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.microsOf
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.port.ClaimedSchedule
import io.pgqueuer.port.ScheduleBatch
import io.pgqueuer.port.ScheduleLease
import io.pgqueuer.port.ScheduleTarget
import java.sql.Connection
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Instant

/**
 * Leases the due schedules among those that a worker serves. It finds them by their unique key on `(expression,
 * entrypoint)`.
 *
 * Most claims find nothing due and cost one statement. If something is due, the rows are locked first. Then their next
 * times are computed, and the rows are leased.
 */
internal class ClaimSchedules(
    names: Names,
) {
    /**
     * How long until the next target is due; no row if none is stored. A schedule that runs may be due at its next time,
     * as its run has probably ended by then, or when its lease expires. For a schedule that was parked at infinity by
     * hand, the distance is undefined, so it is checked again in a hundred years. A schedule that is paused is not due.
     */
    private val look = """
        SELECT ${microsOf("min(least(greatest(target.due, now()), now() + interval '100 years')) - now()")}
        FROM (
            SELECT CASE ${SchedulesTable.status.value("s")}
                WHEN 'queued' THEN s.next_run
                WHEN 'picked' THEN least(
                    least(${aliveAt("s")}, now() + interval '100 years') + ? * interval '1 microsecond',
                    CASE WHEN s.next_run > now() THEN s.next_run END
                )
            END AS due
            FROM unnest(?::text[], ?::text[]) AS target (expression, entrypoint)
            JOIN ${names.schedules} s USING (expression, entrypoint)
            WHERE s.paused_at IS NULL
        ) target
        WHERE target.due IS NOT NULL
    """.trimIndent()

    private val first = "${EngineStatement.READ_COMMITTED};\n$look"

    /** A row that changed while it was being locked is checked again in its new state. */
    private val lock = """
        SELECT s.id, s.expression, s.entrypoint, s.zone, now(),
            CASE ${SchedulesTable.status.value("s")} WHEN 'queued' THEN s.next_run ELSE now() END
        FROM unnest(?::text[], ?::text[]) AS target (expression, entrypoint)
        JOIN ${names.schedules} s USING (expression, entrypoint)
        WHERE s.paused_at IS NULL
            AND (
                (${SchedulesTable.status.value("s")} = 'queued' AND s.next_run <= now())
                OR (
                    ${SchedulesTable.status.value("s")} = 'picked'
                    AND ${aliveAt("s")} <= now() - ? * interval '1 microsecond'
                )
            )
        FOR UPDATE OF s SKIP LOCKED
    """.trimIndent()

    private val row = ScheduleRow("s")

    /** By the primary key; the rows are locked. */
    private val lease = """
        UPDATE ${names.schedules} s
        SET status = 'picked', updated = now(), heartbeat = now(), lease_epoch = ${nextEpoch("s")},
            next_run = now() + run.delay * interval '1 microsecond'
        FROM unnest(?::bigint[], ?::bigint[]) AS run (id, delay)
        WHERE s.id = run.id
        RETURNING ${row.columns}
    """.trimIndent()

    fun run(connection: Connection, targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch {
        val keys = listOf(texts(targets.map { it.expression }), texts(targets.map { it.name }))
        val expiry = leaseTimeout.toMicros()
        val nextDue = connection.nextDue(first, listOf(expiry) + keys, leading = 1)
        if (nextDue != Duration.ZERO) return ScheduleBatch(emptyList(), nextDue)
        val due = connection.query(lock, keys + expiry) { row ->
            val target = targets.first { it.expression == row.getString(2) && it.name == row.getString(3) }
            val now = row.instant(5)
            val next = target.nextAfter(now, row.getString(4))
            Due(row.getLong(1), dueAt = row.instant(6), delay = (next - now).toMicros())
        }
        val runs = if (due.isEmpty()) emptyList() else lease(connection, due.associateBy { it.id })
        return ScheduleBatch(runs, connection.nextDue(look, listOf(expiry) + keys))
    }

    private fun lease(connection: Connection, due: Map<Long, Due>): List<ClaimedSchedule> =
        connection.query(lease, listOf(bigints(due.keys), bigints(due.values.map { it.delay }))) { row ->
            val schedule = this.row.read(row)
            ClaimedSchedule(
                schedule,
                ScheduleLease(schedule.id, schedule.leaseEpoch),
                due.getValue(schedule.id.value).dueAt,
            )
        }

    private fun Connection.nextDue(sql: String, parameters: List<Any?>, leading: Int = 0): Duration? =
        query(sql, parameters, leading) { it.longOrNull(1)?.microseconds }.single()

    private class Due(
        val id: Long,
        val dueAt: Instant,
        val delay: Long,
    )
}
