package io.pgqueuer.exposed.internal.schedule

import io.pgqueuer.JobStatus
import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.instantOrNull
import java.sql.ResultSet

/** How a row of the schedules is selected and read. */
internal object ScheduleRow {
    /** The status in the table alias [alias]: it may be NULL, which says no more than its default does. */
    fun statusOf(alias: String) = "coalesce($alias.status, 'queued')"

    /**
     * When the run of a picked schedule in the table alias [alias] last showed that it lives. Python's claim writes
     * `updated`, and a heartbeat only later.
     */
    fun aliveAt(alias: String) = "greatest($alias.heartbeat, $alias.updated)"

    /**
     * The columns of a schedule in the table alias [alias], in the order in which [read] expects them; the status as
     * text, as of a job.
     */
    fun columnsOf(alias: String) = listOf(
        "id", "entrypoint", "expression", "status", "next_run", "last_run", "created", "updated", "heartbeat",
        "lease_epoch",
    ).joinToString { if (it == "status") statusOf(alias) + "::text" else "$alias.$it" }

    fun read(row: ResultSet): Schedule {
        var column = 0
        return Schedule(
            id = ScheduleId(row.getLong(++column)),
            name = row.getString(++column),
            expression = row.getString(++column),
            status = JobStatus.ofLabel(row.getString(++column)),
            nextRun = row.instant(++column),
            lastRun = row.instantOrNull(++column),
            created = row.instant(++column),
            updated = row.instant(++column),
            heartbeat = row.instant(++column),
            leaseEpoch = row.getLong(++column),
        )
    }
}
