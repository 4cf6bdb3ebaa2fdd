package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection

/** The beginning of a window, in SQL with a parameter: a whole second, as those of the statistics. */
internal const val START_OF_WINDOW = "date_trunc('second', now() - ? * interval '1 microsecond')"

/**
 * The rows of a [table] that are within a window of time. If they are too many, it reads a sample of them, by the index
 * on the id: ids are given in the order of time, or nearly so.
 *
 * @param condition which rows of the table count.
 * @param byTime whether the table has an index on the time, by which the rows of a window are found.
 */
internal class WindowRows(
    private val table: String,
    private val columns: String,
    private val condition: String = "true",
    private val byTime: Boolean = false,
) {
    private val ids = "SELECT min(id), max(id) FROM $table WHERE $condition"

    private val countByTime =
        "SELECT count(*) FROM (SELECT FROM $table WHERE $condition AND created >= $START_OF_WINDOW LIMIT ?) part"

    private val countFrom = "SELECT count(*) FROM (SELECT FROM $table WHERE id >= ? AND $condition LIMIT ?) part"

    /**
     * The first of [PROBES] ids at which a row is of the window. A row among them that is older, as its transaction took
     * long, does not end the search.
     */
    private val firstWithin = """
        SELECT min(probe.id)
        FROM generate_series(?::bigint, ?::bigint, ?::bigint) AS probe (id)
        CROSS JOIN LATERAL (
            SELECT created FROM $table WHERE id >= probe.id AND $condition ORDER BY id LIMIT 1
        ) found
        WHERE found.created >= $START_OF_WINDOW
    """.trimIndent()

    /** @param atMost how many rows may be read. */
    fun choose(connection: Connection, window: Long, atMost: Int): Reading {
        val (first, last) = connection.query(ids) { it.longOrNull(1) to it.longOrNull(2) }.single()
        if (first == null || last == null || last - first < atMost) return Whole(begin = null, window)
        if (byTime && connection.isAtMost(atMost, countByTime, window)) return Whole(begin = null, window)
        val begin = begin(connection, window, first, last, margin = maxOf(atMost / 10, 1).toLong())
        return if (!byTime && (last - begin < atMost || connection.isAtMost(atMost, countFrom, begin))) {
            Whole(begin, window)
        } else {
            Sample(begin, last, window, maxOf(atMost / 2, 1))
        }
    }

    private fun Connection.isAtMost(limit: Int, count: String, parameter: Long) =
        query(count, listOf(parameter, limit + 1L)) { it.getLong(1) }.single() <= limit

    /** An id that is not after the first row of the window, and at most about [margin] before it. */
    private fun begin(connection: Connection, window: Long, first: Long, last: Long, margin: Long): Long {
        var low = first
        var high = last
        while (high - low > margin) {
            val step = (high - low) / PROBES + 1
            val found = connection.query(firstWithin, listOf(low, high, step, window)) { it.longOrNull(1) }.single()
            if (found == low) break
            low = maxOf(low, (found ?: high) - step)
            high = found ?: high
        }
        return low
    }

    /** SQL of rows with the columns, the `weight` of each, and the parameters of it. */
    sealed interface Reading {
        val sql: String
        val parameters: List<Any>
        val isSample: Boolean
    }

    /** @param begin null for no bound on the id. */
    private inner class Whole(begin: Long?, window: Long) : Reading {
        override val isSample get() = false
        private val bound = if (begin == null) "" else " AND id >= $begin"

        /** `OFFSET 0` keeps the planner from other indexes on the time, by which far more rows may be of the window. */
        private val rows = "$table WHERE $condition$bound"
        private val inner = if (byTime) rows else "(SELECT * FROM $rows OFFSET 0) part WHERE true"
        override val sql = """
            SELECT $columns, 1::double precision AS weight
            FROM $inner AND created >= $START_OF_WINDOW
        """.trimIndent()
        override val parameters = listOf(window)
    }

    /**
     * One chunk of ids of each part of the range, at a random place that stays the same while the parts do. So a sample
     * does not change much from one reading to the next, and does not go in step with what recurs in the table. `OFFSET 0`
     * keeps the planner from reading the table first, and comparing every row with every part.
     */
    private inner class Sample(begin: Long, last: Long, window: Long, atMost: Int) : Reading {
        private val chunk = minOf(CHUNK, atMost).toLong()
        private val part = generateSequence(chunk) { it * 2 }.first { it > (last - begin) / (atMost / chunk) }

        override val isSample get() = true
        override val sql = """
            SELECT $columns, ${part / chunk.toDouble()}::double precision AS weight
            FROM generate_series(?::bigint, ?::bigint) AS part (number)
            CROSS JOIN LATERAL (
                SELECT part.number * $part + (hashint8(part.number) & 2147483647) % ${part - chunk + 1} AS id
            ) first
            CROSS JOIN LATERAL (
                SELECT * FROM $table WHERE id >= first.id AND id < first.id + $chunk AND $condition OFFSET 0
            ) sampled
            WHERE created >= $START_OF_WINDOW
        """.trimIndent()
        override val parameters = listOf(begin.floorDiv(part), last.floorDiv(part), window)
    }

    private companion object {
        const val PROBES = 64

        /** How many ids of each part are read. Neighbours are in the same page. */
        const val CHUNK = 50
    }
}
