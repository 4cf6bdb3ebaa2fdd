package io.pgqueuer.micrometer

import io.pgqueuer.Backlog
import io.pgqueuer.JobStatus
import io.pgqueuer.QueueSnapshot
import io.pgqueuer.TableSize
import kotlin.time.Duration

/** The numbers of one reading, by the names that the gauges have. */
internal class QueueSums(
    private val entrypoints: Map<String, Sum>,
    private val logs: Map<Pair<String, JobStatus>, Long>,
    val tables: Map<String, TableSize>,
    val workers: Int,
    val oldestTransaction: Duration,
) {
    /** Nothing waits of an entrypoint that the reading does not have. */
    fun of(entrypoint: String): Sum = entrypoints[entrypoint] ?: Sum.ZERO

    fun logged(entrypoint: String, status: JobStatus): Long = logs[entrypoint to status] ?: 0

    /** The jobs of one entrypoint, or of several. */
    class Sum(
        private val queued: Long,
        val due: Long,
        private val running: Long,
        private val held: Long,
        val overdue: Duration,
    ) {
        fun jobs(status: JobStatus): Long = when (status) {
            JobStatus.QUEUED -> queued
            JobStatus.PICKED -> running
            JobStatus.HELD -> held
            else -> 0
        }

        operator fun plus(one: Backlog) =
            Sum(queued + one.queued, due + one.due, running + one.running, held + one.held, maxOf(overdue, one.overdue))

        companion object {
            val ZERO = Sum(0, 0, 0, 0, Duration.ZERO)
        }
    }

    companion object {
        val NONE = QueueSums(emptyMap(), emptyMap(), emptyMap(), 0, Duration.ZERO)

        /** @param nameOf the name that the gauges have for an entrypoint; several can share one. */
        fun of(snapshot: QueueSnapshot, nameOf: (entrypoint: String) -> String) = QueueSums(
            snapshot.backlog.groupBy { nameOf(it.entrypoint) }
                .mapValues { (_, all) -> all.fold(Sum.ZERO, Sum::plus) },
            snapshot.throughput.groupingBy { nameOf(it.entrypoint) to it.status }
                .fold(0L) { sum, one -> sum + one.count },
            snapshot.tables.associateBy { it.table },
            snapshot.workers.size,
            snapshot.oldestTransaction?.age ?: Duration.ZERO,
        )
    }
}
