package io.pgqueuer.exposed.internal.schedule

import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.Selection
import java.sql.ResultSet

/** Selects and reads whole rows of the schedules, in a statement that uses [alias] for the table. */
internal class ScheduleRow(
    alias: String,
) {
    private val selection = Selection(SchedulesTable, SchedulesTable.columns, alias)

    /** The list of the `SELECT`. */
    val columns: String = selection.sql

    fun read(row: ResultSet) = Schedule(
        id = ScheduleId(selection[row, SchedulesTable.id]),
        name = selection[row, SchedulesTable.entrypoint],
        expression = selection[row, SchedulesTable.expression],
        status = selection[row, SchedulesTable.status],
        nextRun = selection[row, SchedulesTable.nextRun],
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
