package io.pgqueuer.cli.torture.check

import io.pgqueuer.JobStatus
import io.pgqueuer.cli.torture.record.HandlerRun
import io.pgqueuer.cli.torture.record.LogRow
import io.pgqueuer.cli.torture.record.RunKey
import io.pgqueuer.cli.torture.record.instantOfMicros
import io.pgqueuer.cli.torture.record.micros
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

internal typealias JobRun = HandlerRun<RunKey.Job>

/** All that is known about one job. [rows] are in the order of their ids, [claims] in the order of time. */
internal class JobStory(
    val id: Long,
    val rows: List<LogRow>,
    val claims: List<Claim>,
) {
    /** The newest rows tell most. */
    override fun toString(): String {
        val left = if (rows.size > MOST_SHOWN) "…, " else ""
        val shown = rows.takeLast(MOST_SHOWN).joinToString { it.status.label }
        return "job $id (${left + shown.ifEmpty { "not in the log" }})"
    }

    companion object {
        private const val MOST_SHOWN = 8

        /**
         * When a claim has surely reached the disk. Mostly the next outcome takes it there, otherwise PostgreSQL's WAL
         * writer within 0.6 s; the rest is for a slow disk.
         */
        private val ON_DISK_WITHIN = 5.seconds

        fun all(evidence: Evidence, circumstances: Circumstances): List<JobStory> {
            val runs = evidence.records.flatMap { it.jobRuns }.groupBy { it.key.id }
            val rows = evidence.tables.log.groupBy { it.jobId }
            val ids = rows.keys + runs.keys + evidence.told.enqueued + evidence.tables.queue.keys
            return ids.sorted().map { id ->
                val its = rows[id].orEmpty()
                JobStory(id, its, claims(its, runs[id].orEmpty(), circumstances))
            }
        }

        private fun claims(rows: List<LogRow>, runs: List<JobRun>, circumstances: Circumstances): List<Claim> {
            val picks = rows.filter { it.status == JobStatus.PICKED }
            val next = rows.zipWithNext().toMap()
            val byEpoch = runs.groupBy { it.key.epoch }.toSortedMap()
            val logged = (listOf(null) + picks).zip(picks) { before, pick ->
                val epoch = epochOf(pick, before, byEpoch.keys, circumstances)
                // A second run under one claim is a fault of its own.
                val its = epoch?.let(byEpoch::remove) ?: listOf(null)
                its.map { Claim(pick, next[pick], it) }
            }.flatten()
            val unlogged = byEpoch.values.flatten().map { run ->
                val again = picks.find { it.created > run.claimed }?.created ?: Instant.DISTANT_FUTURE
                val latest = minOf(again, run.claimed + ON_DISK_WITHIN)
                Claim(pick = null, next = null, run, circumstances.crashBetween(run.claimed, latest))
            }
            return (logged + unlogged).sortedBy { it.pick?.created ?: it.run?.claimed }
        }

        /**
         * Returns under which of [epochs] the claim was made that [pick] logs; null if no run has its epoch.
         *
         * An epoch is the server's time in the statement that also writes the log row: it is somewhat earlier than the
         * row, and later than the claim [before]. If the server crashed meanwhile, the claim of that epoch was undone.
         */
        private fun epochOf(pick: LogRow, before: LogRow?, epochs: Set<Long>, circumstances: Circumstances): Long? =
            epochs
                .filter { it <= pick.created.micros && it > (before?.created?.micros ?: 0) }
                .maxOrNull()
                ?.takeIf { circumstances.crashBetween(instantOfMicros(it), pick.created) == null }
    }
}
