package io.pgqueuer.web.internal.action

import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus

/** What can be done to jobs in the queue. */
internal enum class JobAction(
    val verb: String,
    val title: String,
    val done: String,
    val statuses: Set<JobStatus>,
    val isDangerous: Boolean,
    private val run: suspend (JobQueue, Set<JobId>) -> Set<JobId>,
) {
    REQUEUE("requeue", "Requeue", "requeued", setOf(JobStatus.HELD), isDangerous = false, { queue, ids ->
        queue.requeue(ids)
    }),
    RUN_NOW("run-now", "Run now", "made due now", setOf(JobStatus.QUEUED), isDangerous = false, { queue, ids ->
        queue.runNow(ids)
    }),
    CANCEL(
        "cancel",
        "Cancel",
        "canceled",
        setOf(JobStatus.QUEUED, JobStatus.PICKED),
        isDangerous = true,
        { queue, ids -> queue.cancel(ids) },
    ),
    DISMISS("dismiss", "Dismiss", "dismissed", setOf(JobStatus.HELD), isDangerous = true, { queue, ids ->
        queue.dismiss(ids)
    }),
    ;

    /** Returns the jobs that were changed; the others have another status by now. */
    suspend fun on(queue: JobQueue, ids: Set<JobId>): Set<JobId> = run(queue, ids)

    companion object {
        fun named(verb: String?): JobAction? = entries.find { it.verb == verb }
    }
}
