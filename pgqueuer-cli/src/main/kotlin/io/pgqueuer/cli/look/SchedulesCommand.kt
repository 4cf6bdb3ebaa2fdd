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
        "List the schedules that workers have registered, by name; run them now, pause, resume or remove them.",
        examples = listOf("pgq schedules", "pgq schedules --run-now 3", "pgq schedules --pause 3 --pause 4"),
        nothing = "no worker has registered a schedule",
    ) {
    private val remove by option(metavar = "id").long().multiple()
        .help("remove this schedule, and print its id; a worker that registers it stores it again when it starts")
    private val runNow by option(metavar = "id").long().multiple()
        .help("make this schedule due now, and print its id; it goes on with its next time")
    private val pause by option(metavar = "id").long().multiple()
        .help("pause this schedule, and print its id: no worker starts a run of it, but one under way goes on")
    private val resume by option(metavar = "id").long().multiple()
        .help("end the pause of this schedule, and print its id; it goes on with its next time from now")
    private val confirmation by Confirmation()

    override suspend fun run() = when {
        listOf(remove, runNow, pause, resume).count { it.isNotEmpty() } > 1 ->
            throw usageError("use only one of --remove, --run-now, --pause and --resume")

        remove.isNotEmpty() -> changed(remove, "not there, and so not removed") { schedules, ids ->
            val found = schedules.list().filter { it.id in ids }.map(::scheduleRow)
            if (found.isNotEmpty()) confirmation.ask(this, "Remove these schedules?") { table(found) }
            schedules.remove(ids)
        }

        runNow.isNotEmpty() -> runNow()

        pause.isNotEmpty() -> changed(pause, "not there, and so not paused", Schedules::pause)

        resume.isNotEmpty() -> changed(resume, "not paused, and so not resumed", Schedules::resume)

        else -> super.run()
    }

    private suspend fun runNow() {
        val wanted = runNow.mapTo(sortedSetOf(), ::ScheduleId)
        val (due, paused) = withBackend { backend ->
            backend.schedules.runNow(wanted) to backend.schedules.list().filter { it.pausedSince != null }.map { it.id }
        }
        val others = if (paused.containsAll(wanted - due)) {
            "paused; resume it first"
        } else {
            "not there, running at the moment, or paused"
        }
        echoChanged(wanted, due, others, LOOK)
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
    "zone" to schedule.zone,
    "status" to schedule.status.label,
    "paused_since" to schedule.pausedSince,
    "next_run" to schedule.nextRun,
    "last_run" to schedule.lastRun,
)
