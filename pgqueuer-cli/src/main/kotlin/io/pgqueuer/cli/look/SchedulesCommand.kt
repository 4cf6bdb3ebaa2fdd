package io.pgqueuer.cli.look

import io.pgqueuer.Backend

internal class SchedulesCommand :
    LookCommand(
        "schedules",
        "List the schedules that workers have registered, by name.",
        nothing = "no worker has registered a schedule",
    ) {
    override suspend fun rows(backend: Backend): List<Row> = backend.schedules.list().map {
        Row(
            "id" to it.id.value,
            "name" to it.name,
            "expression" to it.expression,
            "status" to it.status.label,
            "next_run" to it.nextRun,
            "last_run" to it.lastRun,
        )
    }
}
