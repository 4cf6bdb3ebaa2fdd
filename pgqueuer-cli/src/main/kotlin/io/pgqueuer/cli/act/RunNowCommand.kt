package io.pgqueuer.cli.act

import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus

internal class RunNowCommand :
    ChangeJobsCommand(
        "run-now",
        "Make queued jobs due now that have a delay or wait for a retry, and print their ids.",
        statuses = setOf(JobStatus.QUEUED),
        examples = listOf("pgq run-now 17 18", "pgq run-now --all-matching entrypoint:report --yes"),
        others = "not queued, or due already, and so not changed",
        look = "`pgq job ID` shows when a job is due",
    ) {
    override suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId> = queue.runNow(ids)
}
