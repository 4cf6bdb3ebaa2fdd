package io.pgqueuer

import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Instant

/**
 * The state of a queue, read by a [SnapshotReader]. Its parts are read one after another, so a job can move in between.
 *
 * @property readAt when the reading ended, by the clock of this process.
 * @property backlog see [Insights.backlog].
 * @property throughput see [Insights.throughput], for the last [WINDOW].
 * @property workers see [Insights.activeWorkers].
 * @property tables see [Insights.tableSizes].
 * @property oldestTransaction see [Insights.oldestTransaction].
 */
public class QueueSnapshot internal constructor(
    public val readAt: Instant,
    public val backlog: List<Backlog>,
    public val throughput: List<Throughput>,
    public val workers: List<ActiveWorker>,
    public val tables: List<TableSize>,
    public val oldestTransaction: OldestTransaction?,
) {
    public companion object {
        /** The window of [throughput]: 5 minutes. */
        public val WINDOW: Duration = 5.minutes
    }
}

/**
 * A reading of a [SnapshotReader] that failed.
 *
 * @property at when it failed, by the clock of this process.
 */
public class SnapshotFailure internal constructor(
    public val at: Instant,
    public val cause: Throwable,
)
