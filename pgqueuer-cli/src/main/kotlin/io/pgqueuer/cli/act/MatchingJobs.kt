package io.pgqueuer.cli.act

import io.pgqueuer.Insights
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.StoredJob

/** The jobs that match one of [filters], which no job matches twice. */
internal class MatchingJobs(
    private val insights: Insights,
    private val filters: List<JobFilter>,
) {
    suspend fun count(): Int = filters.sumOf { insights.countJobs(it, atMost = MOST_COUNTED) }

    suspend fun first(limit: Int): List<StoredJob> =
        filters.flatMap { insights.jobs(it, limit) }.sortedBy(StoredJob::id).take(limit)

    /** Passes the ids of all jobs to [change], in chunks, each read when the last one has been changed. */
    suspend fun forEachChunk(change: suspend (Set<JobId>) -> Unit) {
        for (filter in filters) {
            var after: JobId? = null
            while (true) {
                val ids = insights.jobs(filter, CHUNK, after).map(StoredJob::id)
                if (ids.isEmpty()) break
                change(ids.toSet())
                after = ids.last()
            }
        }
    }

    private companion object {
        /** Locks few rows, and only for some milliseconds. */
        const val CHUNK = 500
        const val MOST_COUNTED = 1_000_000
    }
}
