package io.pgqueuer.cli.torture.check

import io.pgqueuer.JobStatus
import io.pgqueuer.cli.torture.record.LogRow
import io.pgqueuer.cli.torture.worker.Task

/** Checks what the log says of each job: its changes are allowed ones, and it has ended once, or is held for a reason. */
internal class LogRules(
    private val evidence: Evidence,
    private val violations: Violations,
) {
    fun check(story: JobStory) {
        val rows = story.rows
        val left = evidence.tables.queue[story.id]
        if (rows.isEmpty()) {
            if (left != null) violations.add("$story is ${left.label} in the queue")
            if (story.id in evidence.told.enqueued) violations.addLost("$story was enqueued")
            return
        }
        checkChanges(story)
        val last = rows.last()
        when {
            rows.any { it.status.isTerminal } -> if (left !=
                null
            ) {
                violations.add("$story has ended and is in the queue")
            }

            left != last.status -> violations.addLost("$story is lost: it is ${left?.label ?: "not"} in the queue")

            left != JobStatus.HELD -> violations.addLost("$story has not ended")
        }
        rows.filterNot(::isFailureExplained).forEach { violations.add("$story ended wrongly: ${it.failure}") }
    }

    private fun checkChanges(story: JobStory) {
        val statuses = story.rows.map { it.status }
        (listOf<JobStatus?>(null) + statuses).zip(statuses).forEach { (before, after) ->
            if (after !in MAY_FOLLOW.getValue(before)) {
                val what = if (before?.isTerminal == true) "went on after its end" else "changed wrongly"
                violations.add("$story $what: ${before?.label ?: "nothing"}, then ${after.label}")
            }
        }
        story.rows.forEachIndexed { index, row ->
            if (row.isPoison) {
                checkPoison(
                    story,
                    deaths = statuses.take(index).takeLastWhile {
                        it == JobStatus.PICKED
                    }.size,
                )
            }
        }
    }

    private fun checkPoison(story: JobStory, deaths: Int) {
        val most = evidence.rules.maxRescues
        if (deaths <
            most
        ) {
            violations.add("$story is held as if it had killed its workers, after $deaths of $most claims")
        }
    }

    /** Only jobs that always fail may fail for good. */
    private fun isFailureExplained(row: LogRow): Boolean = when (row.status) {
        JobStatus.EXCEPTION -> row.failure?.message == Task.NEVER
        JobStatus.HELD -> row.failure?.message == Task.NEVER || row.isPoison
        else -> true
    }

    private companion object {
        val MAY_FOLLOW: Map<JobStatus?, Set<JobStatus>> = mapOf(
            null to setOf(JobStatus.QUEUED),
            JobStatus.QUEUED to setOf(JobStatus.PICKED, JobStatus.CANCELED),
            JobStatus.PICKED to JobStatus.entries.toSet() - JobStatus.DELETED,
            JobStatus.HELD to setOf(JobStatus.QUEUED),
            JobStatus.SUCCESSFUL to emptySet(),
            JobStatus.EXCEPTION to emptySet(),
            JobStatus.CANCELED to emptySet(),
            JobStatus.DELETED to emptySet(),
        )
    }
}
