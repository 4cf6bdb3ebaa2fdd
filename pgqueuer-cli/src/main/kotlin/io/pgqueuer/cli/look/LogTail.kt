package io.pgqueuer.cli.look

import io.pgqueuer.Insights
import io.pgqueuer.LogEntry
import io.pgqueuer.LogFilter
import java.util.TreeSet

/**
 * Reads the log as it grows, each entry once.
 *
 * Ids are given when entries are written, and entries are seen when their transactions commit: one can appear below
 * others that were seen before. So each look reads [OVERLAP] ids again. Entries that commit later than that are missed.
 */
internal class LogTail(
    private val insights: Insights,
    private val filter: LogFilter,
) {
    private val seen = TreeSet<Long>()

    /** Where the next look begins. All entries above it that were seen are in [seen]. */
    private var floor: Long? = null

    /** Returns the newest entries, oldest first, and begins after them. */
    suspend fun newest(limit: Int): List<LogEntry> {
        val newest = insights.logEntries(filter, limit)
        // What is older was left out on purpose.
        floor = newest.lastOrNull()?.id
        seen += newest.map { it.id }
        return newest.asReversed()
    }

    /** Returns the entries that have appeared since the last call, oldest first; at most [MOST], the newest ones. */
    suspend fun next(): List<LogEntry> {
        val found = insights.logEntries(filter, MOST, after = floor)
        val added = found.filter { seen.add(it.id) }.asReversed()
        seen.lastOrNull()?.let { last ->
            floor = maxOf(floor ?: Long.MIN_VALUE, last - OVERLAP)
            seen.headSet(floor, true).clear()
        }
        return added
    }

    private companion object {
        const val OVERLAP = 1_000L
        const val MOST = 2_000
    }
}
