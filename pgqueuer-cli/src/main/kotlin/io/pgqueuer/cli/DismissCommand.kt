package io.pgqueuer.cli

import io.pgqueuer.JobId
import io.pgqueuer.JobQueue

internal class DismissCommand :
    HeldJobsCommand(
        "dismiss",
        "Delete held jobs that nobody will requeue, with their payloads, and print their ids.",
        done = "dismissed",
    ) {
    override suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId> = queue.dismiss(ids)
}
