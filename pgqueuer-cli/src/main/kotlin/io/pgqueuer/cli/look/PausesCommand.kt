package io.pgqueuer.cli.look

import io.pgqueuer.Backend
import io.pgqueuer.Pause

internal class PausesCommand :
    LookCommand(
        "pauses",
        "List what is paused, until when and why. `pgq pause` and `pgq resume` change it.",
        examples = listOf("pgq pauses", "pgq pauses --json"),
        nothing = "nothing is paused",
    ) {
    override suspend fun rows(backend: Backend): List<Row> = backend.insights.pauses().map(::pauseRow)
}

/** In JSON, the entrypoint is null if the whole queue is paused. */
internal fun pauseRow(pause: Pause) = Row(
    "entrypoint" to (pause.entrypoint ?: WholeQueue),
    "since" to pause.since,
    "until" to pause.until,
    "reason" to pause.reason,
)

/** What is paused, in words: `mail, report`. */
internal fun pausedText(pauses: List<Pause>): String = pauses.joinToString { it.entrypoint ?: "$WholeQueue" }

/** Stands for all entrypoints. */
internal data object WholeQueue {
    override fun toString() = "the whole queue"
}
