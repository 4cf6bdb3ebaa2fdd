package io.pgqueuer.exposed.internal.schedule

import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.Selection
import java.sql.ResultSet
import kotlin.time.Instant

/**
 * Selects and reads whole rows of the schedules, in a statement that uses [alias] for the table.
 *
 * @param after how many values precede them in a row of the statement.
 */
internal class ScheduleRow(
    alias: String,
    after: Int = 0,
) {
    private val selection = Selection(SchedulesTable, SchedulesTable.columns, alias, after)

    /** The list of the `SELECT`. */
    val columns: String = selection.sql

    fun read(row: ResultSet): Schedule = read(row, pausedSince = selection.orNull(row, SchedulesTable.pausedAt))

    private fun read(row: ResultSet, pausedSince: Instant?) = Schedule(
        id = ScheduleId(selection[row, SchedulesTable.id]),
        name = selection[row, SchedulesTable.entrypoint],
        expression = selection[row, SchedulesTable.expression],
        zone = selection[row, SchedulesTable.zone],
        status = selection[row, SchedulesTable.status],
        pausedSince = pausedSince,
        nextRun = if (pausedSince == null) selection[row, SchedulesTable.nextRun] else null,
        lastRun = selection.orNull(row, SchedulesTable.lastRun),
        created = selection[row, SchedulesTable.created],
        updated = selection[row, SchedulesTable.updated],
        heartbeat = selection[row, SchedulesTable.heartbeat],
        leaseEpoch = selection[row, SchedulesTable.leaseEpoch],
    )
}

/**
 * SQL of the last sign of life of a picked schedule in the table alias [alias]. Python's claim writes `updated`, and
 * writes a heartbeat only later.
 */
internal fun aliveAt(alias: String) = "greatest($alias.heartbeat, $alias.updated)"

/**
 * SQL of `updated` in the table alias [alias] after a change that is no sign of life of the run: that of a picked schedule
 * stays.
 */
internal fun updatedAt(alias: String) =
    "CASE ${SchedulesTable.status.value(alias)} WHEN 'picked' THEN $alias.updated ELSE now() END"
