package io.pgqueuer.cli

import io.pgqueuer.JobId
import io.pgqueuer.JobQueue

internal class RequeueCommand :
    ChangeJobsCommand(
        "requeue",
        "Queue held jobs again, due now and with their retries at 0, and print their ids.",
        others = "not held, and so not requeued",
        look = LOOK_AT_HELD,
    ) {
    override suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId> = queue.requeue(ids)
}
