package io.pgqueuer.cli.look

import io.pgqueuer.Backend
import io.pgqueuer.Backlog
import io.pgqueuer.Insights

internal class BacklogCommand :
    LookCommand(
        "backlog",
        "Show what waits, runs and is held of each entrypoint. Long queues are estimated, which takes little.",
        examples = listOf("pgq backlog", "pgq backlog --json"),
        nothing = "the queue is empty",
    ) {
    override suspend fun rows(backend: Backend): List<Row> = backlogRows(backend.insights)
}

/** What waits, runs and is held of each entrypoint. */
internal suspend fun backlogRows(insights: Insights): List<Row> {
    val paused = insights.pauses().map { it.entrypoint }
    return insights.backlog().map { backlogRow(it, isPaused = null in paused || it.entrypoint in paused) }
}

private fun backlogRow(backlog: Backlog, isPaused: Boolean) = Row(
    "entrypoint" to backlog.entrypoint,
    "queued" to backlog.queued,
    "due" to backlog.due,
    "running" to backlog.running,
    "held" to backlog.held,
    "overdue" to backlog.overdue,
    "slots" to backlog.slots,
    "limit" to backlog.concurrencyLimit,
    "paused" to isPaused,
    "estimate" to backlog.isEstimate,
)
