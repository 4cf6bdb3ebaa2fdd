package io.pgqueuer.cli.look

import io.pgqueuer.HeldJob
import io.pgqueuer.JobFilter
import io.pgqueuer.JobStatus

/**
 * Groups [held] jobs by entrypoint and by the type of what they failed with, those with the most jobs first. The filter
 * of a row selects its jobs; it selects all of the entrypoint if the log does not know the type any more.
 */
internal fun failureTypeRows(held: List<HeldJob>): List<Row> =
    held.groupBy { JobFilter(JobStatus.HELD, it.job.entrypoint, failure = it.failure?.type) }
        .entries.sortedByDescending { it.value.size }
        .map { (filter, jobs) ->
            Row(
                "entrypoint" to filter.entrypoint,
                "failure" to filter.failure,
                "jobs" to jobs.size,
                "first_id" to jobs.first().job.id.value,
                "last_id" to jobs.last().job.id.value,
                "last_message" to jobs.last().failure?.message,
                "filter" to filter,
            )
        }
