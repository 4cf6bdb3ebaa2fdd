package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.Backlog
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.instantOrNull
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection
import java.sql.ResultSet
import kotlin.math.roundToLong
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * Counts the jobs of each entrypoint without reading the whole queue.
 *
 * It finds the entrypoints by jumping from one to the next in the indexes that claims use, and counts up to [MOST] jobs
 * of each kind in them. If there are more, it counts a sample of the table's pages as well.
 *
 * Its transaction must have the settings [BY_INDEXES].
 */
internal class BacklogView(
    names: Names,
) {
    private val immediate = "status = 'queued' AND execute_after <= created"
    private val deferred = "status = 'queued' AND execute_after > created"

    /** By the indexes of immediate, deferred, picked and held jobs. */
    private val counts = """
        WITH RECURSIVE
        immediate (entrypoint) AS (${jumps(names.queue, "immediate", immediate)}),
        deferred (entrypoint) AS (${jumps(names.queue, "deferred", deferred)}),
        picked (entrypoint) AS (${jumps(names.queue, "picked", "status = 'picked'")}),
        held AS (
            SELECT entrypoint, count(*) AS jobs
            FROM (SELECT entrypoint FROM ${names.queue} WHERE status = 'failed' ORDER BY id LIMIT $MOST_HELD + 1) part
            GROUP BY entrypoint
        ),
        found AS (
            SELECT entrypoint FROM immediate
            UNION SELECT entrypoint FROM deferred
            UNION SELECT entrypoint FROM picked
            UNION SELECT entrypoint FROM held
            ORDER BY entrypoint
            LIMIT $MOST_ENTRYPOINTS
        )
        SELECT found.entrypoint, at_once.jobs, later.jobs, due.jobs, running.jobs, coalesce(held.jobs, 0),
            (SELECT sum(jobs) FROM held), least(at_once.first_due, lowest.first_due, first.first_due), now(),
            running.slots,
            (SELECT concurrency_limit FROM ${names.limits} declared WHERE declared.entrypoint = found.entrypoint)
        FROM found
        CROSS JOIN LATERAL (
            SELECT count(*) AS jobs, min(execute_after) FILTER (WHERE isfinite(execute_after)) AS first_due
            FROM (${some(names.queue, immediate)}) part
        ) at_once
        CROSS JOIN LATERAL (SELECT count(*) AS jobs FROM (${some(names.queue, deferred)}) part) later
        CROSS JOIN LATERAL (
            SELECT count(*) AS jobs FROM (${some(names.queue, "$deferred AND execute_after <= now()")}) part
        ) due
        CROSS JOIN LATERAL (
            SELECT count(*) AS jobs, count(slot) AS slots FROM (${some(names.queue, "status = 'picked'")}) part
        ) running
        -- The first job of the lowest priority: jobs of higher ones may have kept it waiting.
        LEFT JOIN LATERAL (
            SELECT q.execute_after AS first_due
            FROM (
                SELECT priority FROM ${names.queue}
                WHERE entrypoint = found.entrypoint AND $immediate
                ORDER BY priority
                LIMIT 1
            ) lowest
            CROSS JOIN LATERAL (
                SELECT execute_after FROM ${names.queue} q
                WHERE entrypoint = found.entrypoint AND priority = lowest.priority AND $immediate
                ORDER BY id
                LIMIT 1
            ) q
            WHERE isfinite(q.execute_after)
        ) lowest ON true
        LEFT JOIN LATERAL (
            SELECT execute_after AS first_due FROM ${names.queue}
            WHERE entrypoint = found.entrypoint AND $deferred AND execute_after <= now()
            ORDER BY execute_after
            LIMIT 1
        ) first ON true
        LEFT JOIN held ON held.entrypoint = found.entrypoint
        ORDER BY found.entrypoint COLLATE "C"
    """.trimIndent()

    /** The first entrypoint of an index, and from each the next one. */
    private fun jumps(queue: String, name: String, condition: String) = """
            (SELECT entrypoint FROM $queue WHERE $condition ORDER BY entrypoint LIMIT 1)
            UNION ALL
            SELECT next.entrypoint
            FROM $name
            CROSS JOIN LATERAL (
                SELECT entrypoint FROM $queue q
                WHERE q.entrypoint > $name.entrypoint AND $condition
                ORDER BY entrypoint
                LIMIT 1
            ) next
        """

    private fun some(queue: String, condition: String) =
        "SELECT execute_after, slot FROM $queue WHERE entrypoint = found.entrypoint AND $condition LIMIT $MOST + 1"

    private val share = "SELECT least(100, 100.0 * $MOST_PAGES * current_setting('block_size')::int / " +
        "greatest(pg_relation_size('${names.queue}'::regclass), 1))"

    /** Reads about [MOST_PAGES] pages of the table. */
    private val sample = """
        SELECT entrypoint,
            count(*) FILTER (WHERE status = 'queued'),
            count(*) FILTER (WHERE $DUE),
            count(*) FILTER (WHERE status = 'picked'),
            count(*) FILTER (WHERE status = 'failed'),
            min(execute_after) FILTER (WHERE $DUE AND isfinite(execute_after)),
            count(slot) FILTER (WHERE status = 'picked')
        FROM ${names.queue} TABLESAMPLE SYSTEM (?)
        GROUP BY entrypoint
    """.trimIndent()

    fun run(connection: Connection): List<Backlog> {
        val counted = connection.query(counts, read = ::Counted)
        if (counted.none(Counted::isCut)) return counted.map { it.backlog() }
        val share = connection.query(share) { it.getDouble(1) / 100 }.single()
        val samples = connection.query(sample, listOf(share * 100)) { it.getString(1) to Sample.of(it, share) }.toMap()
        return counted.map { it.backlog(if (it.isCut) samples[it.entrypoint] ?: Sample.EMPTY else null) }
    }

    private class Counted(
        row: ResultSet,
    ) {
        val entrypoint: String = row.getString(1)
        private val immediate = row.getLong(2)
        private val deferred = row.getLong(3)
        private val due = row.getLong(4)
        private val running = row.getLong(5)
        private val held = row.getLong(6)
        private val isHeldCut = row.getLong(7) > MOST_HELD
        private val firstDue = row.instantOrNull(8)
        private val now = checkNotNull(row.instantOrNull(9))
        private val slots = row.getLong(10)
        private val concurrencyLimit = row.longOrNull(11)?.toInt()

        /** Whether there may be more than was counted. */
        val isCut = isHeldCut || immediate.isCut || deferred.isCut || due.isCut || running.isCut

        private val Long.isCut get() = this > MOST

        fun backlog(sample: Sample? = null) = Backlog(
            entrypoint,
            queued = best(immediate + deferred, isCut = immediate.isCut || deferred.isCut, sample?.queued),
            due = best(immediate + due, isCut = immediate.isCut || due.isCut, sample?.due),
            running = best(running, running.isCut, sample?.running),
            held = best(held, isHeldCut, sample?.held),
            overdue = listOfNotNull(firstDue, sample?.firstDue).minOrNull()?.let { now - it } ?: Duration.ZERO,
            isEstimate = sample != null && !sample.isWhole,
            slots = best(slots, running.isCut, sample?.slots),
            concurrencyLimit = concurrencyLimit,
        )

        /** What was [counted], or what a sample makes of it if there may be more. */
        private fun best(counted: Long, isCut: Boolean, sampled: Long?) =
            if (isCut && sampled != null) maxOf(counted, sampled) else counted
    }

    /** The jobs of one entrypoint, by a sample. [isWhole] if it is of the whole table. */
    private class Sample(
        val queued: Long,
        val due: Long,
        val running: Long,
        val held: Long,
        val firstDue: Instant?,
        val slots: Long,
        val isWhole: Boolean,
    ) {
        companion object {
            /** A sample that met no job of an entrypoint. */
            val EMPTY = Sample(0, 0, 0, 0, null, 0, isWhole = false)

            /** @param share the part of the table that was read. */
            fun of(row: ResultSet, share: Double): Sample {
                fun scaled(column: Int) = (row.getLong(column) / share).roundToLong()
                val isWhole = share >= 1
                return Sample(scaled(2), scaled(3), scaled(4), scaled(5), row.instantOrNull(6), scaled(7), isWhole)
            }
        }
    }

    private companion object {
        /** How many jobs of one kind are counted. With 1,000 entrypoints, some millions of index entries are read. */
        const val MOST = 1_000

        /** How many held jobs are counted, of all entrypoints together. */
        const val MOST_HELD = 10_000
        const val MOST_ENTRYPOINTS = 1_000

        /** 16 MiB of 8 KiB pages: some 5 to 35 ms. */
        const val MOST_PAGES = 2_048
        const val DUE = "status = 'queued' AND execute_after <= now()"
    }
}
