package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.groups.provideDelegate
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.multiple
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.long
import io.pgqueuer.Backend
import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.Schedules
import io.pgqueuer.cli.Confirmation
import io.pgqueuer.cli.echoChanged

internal class SchedulesCommand :
    LookCommand(
        "schedules",
        "List the schedules that workers have registered, by name; remove them, or run them now.",
        examples = listOf("pgq schedules", "pgq schedules --run-now 3"),
        nothing = "no worker has registered a schedule",
    ) {
    private val remove by option(metavar = "id").long().multiple()
        .help("remove this schedule, and print its id; a worker that registers it stores it again when it starts")
    private val runNow by option(metavar = "id").long().multiple()
        .help("make this schedule due now, and print its id; it goes on with its next time")
    private val confirmation by Confirmation()

    override suspend fun run() = when {
        remove.isNotEmpty() && runNow.isNotEmpty() -> throw usageError("use either --remove or --run-now, not both")

        remove.isNotEmpty() -> changed(remove, "not there, and so not removed") { schedules, ids ->
            val found = schedules.list().filter { it.id in ids }.map(::scheduleRow)
            if (found.isNotEmpty()) confirmation.ask(this, "Remove these schedules?") { table(found) }
            schedules.remove(ids)
        }

        runNow.isNotEmpty() -> changed(runNow, "not there, or running at the moment") { schedules, ids ->
            schedules.runNow(ids)
        }

        else -> super.run()
    }

    private suspend fun changed(
        ids: List<Long>,
        others: String,
        change: suspend (Schedules, Set<ScheduleId>) -> Set<ScheduleId>,
    ) {
        val wanted = ids.mapTo(sortedSetOf(), ::ScheduleId)
        echoChanged(wanted, withBackend { change(it.schedules, wanted) }, others, LOOK)
    }

    override suspend fun rows(backend: Backend): List<Row> = backend.schedules.list().map(::scheduleRow)

    private companion object {
        const val LOOK = "`pgq schedules` lists schedules with their ids"
    }
}

internal fun scheduleRow(schedule: Schedule) = Row(
    "id" to schedule.id.value,
    "name" to schedule.name,
    "expression" to schedule.expression,
    "status" to schedule.status.label,
    "next_run" to schedule.nextRun,
    "last_run" to schedule.lastRun,
)
