package io.pgqueuer.web.internal.state

import io.pgqueuer.Insights
import io.pgqueuer.LogEntry
import io.pgqueuer.LogFilter

/**
 * Entries of the log that match a filter, newest first. It looks at no more than [STEP] entries, so that a filter that
 * few of them match does not read the whole log.
 *
 * @property rest the id below which entries are left that it has not looked at; null if there are none.
 */
internal class LogSearch private constructor(
    val entries: List<LogEntry>,
    val rest: Long?,
) {
    companion object {
        /** How many ids are looked at: some 50 ms. */
        const val STEP = 100_000L

        /** @param before only entries with lower ids; null for the newest. */
        suspend fun run(insights: Insights, filter: LogFilter, limit: Int, before: Long? = null): LogSearch {
            val newest = insights.logEntries(limit = 1, before = before).firstOrNull()?.id
                ?: return LogSearch(emptyList(), null)
            val lowest = newest - STEP + 1
            val found = insights.logEntries(filter, limit + 1, before = newest + 1, after = lowest - 1)
            val shown = found.take(limit)
            if (found.size > limit) return LogSearch(shown, shown.last().id)
            return LogSearch(shown, insights.logEntries(limit = 1, before = lowest).firstOrNull()?.let { lowest })
        }
    }
}
