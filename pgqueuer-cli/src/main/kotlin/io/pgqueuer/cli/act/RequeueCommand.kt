package io.pgqueuer.cli.act

import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus

internal class RequeueCommand :
    ChangeJobsCommand(
        "requeue",
        "Queue held jobs again, due now and with their retries at 0, and print their ids.",
        statuses = setOf(JobStatus.HELD),
        examples = listOf(
            "pgq requeue 17 18",
            "pgq requeue --all-matching 'entrypoint:mail failure:SocketTimeoutException'",
        ),
        others = "not held, and so not requeued",
        look = LOOK_AT_HELD,
    ) {
    override suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId> = queue.requeue(ids)
}
