package io.pgqueuer.cli.look

import io.pgqueuer.Backend

internal class StatusCommand :
    LookCommand(
        "status",
        "Count the jobs in the queue by entrypoint, status and priority. Reads the whole queue.",
        nothing = "the queue is empty",
    ) {
    override suspend fun rows(backend: Backend): List<Row> = backend.insights.queueSize().map {
        Row(
            "entrypoint" to it.entrypoint,
            "status" to it.status.label,
            "priority" to it.priority,
            "jobs" to it.count,
            "age" to it.age,
            "overdue" to it.overdue,
        )
    }
}
