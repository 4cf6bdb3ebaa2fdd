package io.pgqueuer.cli.act

import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus

internal class CancelCommand :
    ChangeJobsCommand(
        "cancel",
        "Cancel jobs, and print their ids. Queued jobs are deleted. Running ones are told to stop, and end when " +
            "their handlers do.",
        statuses = setOf(JobStatus.QUEUED, JobStatus.PICKED),
        examples = listOf("pgq cancel 17 18", "pgq cancel --all-matching 'entrypoint:mail age:1h'"),
        others = "neither queued nor running, or canceled already, and so not canceled",
        look = "`pgq job ID` shows a job",
    ) {
    override suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId> = queue.cancel(ids)
}
