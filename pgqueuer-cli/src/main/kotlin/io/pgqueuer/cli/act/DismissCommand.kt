package io.pgqueuer.cli.act

import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus

internal class DismissCommand :
    ChangeJobsCommand(
        "dismiss",
        "Delete held jobs that nobody will requeue, with their payloads, and print their ids.",
        statuses = setOf(JobStatus.HELD),
        examples = listOf("pgq dismiss 17 18", "pgq dismiss --all-matching entrypoint:mail --yes"),
        others = "not held, and so not dismissed",
        look = LOOK_AT_HELD,
    ) {
    override suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId> = queue.dismiss(ids)
}
