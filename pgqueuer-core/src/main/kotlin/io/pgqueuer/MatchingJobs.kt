package io.pgqueuer

import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext

/**
 * All jobs in the queue that match [filter] and have one of [statuses], for tools that change many of them: the command
 * `pgq` and the dashboard.
 *
 * @throws IllegalArgumentException if the filter wants a status that is not one of [statuses].
 */
@PgQueuerSpi
public class MatchingJobs(
    private val backend: Backend,
    public val filter: JobFilter,
    statuses: Set<JobStatus>,
) {
    private val filters = (filter.status?.let(::setOf) ?: statuses).map { filter.copy(status = it) }

    init {
        require(filter.status == null || filter.status in statuses) {
            "jobs with status ${statuses.joinToString(" or ") { it.label }}, and the filter wants " +
                "status:${filter.status?.label}"
        }
    }

    /** How many there are, but not further than a million of each status. */
    public suspend fun count(): Int = filters.sumOf { backend.insights.countJobs(it, MOST_COUNTED) }

    /** The first ones, by id. */
    public suspend fun first(limit: Int): List<StoredJob> =
        filters.flatMap { backend.insights.jobs(it, limit) }.sortedBy(StoredJob::id).take(limit)

    /**
     * Passes the ids of all jobs to [change], in chunks of 500, each read when the last one has been changed. So few rows
     * are locked, and only for some milliseconds. If the dedupe key of a job is taken, the jobs of its chunk are changed
     * one by one.
     *
     * @param change returns those that it changed.
     * @param onChunk is called after each chunk, with how many jobs were passed and how many of them were changed.
     */
    public suspend fun changeAll(
        change: suspend (Set<JobId>) -> Set<JobId>,
        onChunk: (seen: Int, changed: Int) -> Unit,
    ) {
        for (filter in filters) {
            var after: JobId? = null
            while (true) {
                val ids = backend.insights.jobs(filter, CHUNK, after).map(StoredJob::id)
                if (ids.isEmpty()) break
                // A cancellation waits for the end of the chunk: the caller must know how many were changed.
                withContext(NonCancellable) { onChunk(ids.size, changeChunk(ids.toSet(), change)) }
                after = ids.last()
            }
        }
    }

    private suspend fun changeChunk(ids: Set<JobId>, change: suspend (Set<JobId>) -> Set<JobId>): Int = try {
        change(ids).size
    } catch (_: DuplicateJobException) {
        ids.sumOf { id ->
            try {
                change(setOf(id)).size
            } catch (_: DuplicateJobException) {
                0
            }
        }
    }

    private companion object {
        const val CHUNK = 500
        const val MOST_COUNTED = 1_000_000
    }
}
