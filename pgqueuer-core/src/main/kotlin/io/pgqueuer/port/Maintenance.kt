package io.pgqueuer.port

import io.pgqueuer.domain.StoreUnavailableException
import kotlin.time.Duration

/**
 * What keeps the log countable and small. Each step is one bounded transaction.
 *
 * Each operation throws [StoreUnavailableException] when the store cannot be reached.
 */
public interface LogMaintenance {
    /**
     * Counts the oldest entries of the log that are not counted yet, at most [limit], into the statistics: by second,
     * entrypoint, priority and status. Each entry is counted once, whoever counts at the same time.
     *
     * @return how many it counted; null when another worker is at it.
     */
    public suspend fun aggregate(limit: Int): Int?

    /**
     * Looks at the entries whose id is above [after], at most [limit], and deletes those that are counted, are older
     * than [retention], and whose job has left the queue.
     */
    public suspend fun prune(retention: Duration, after: Long, limit: Int): PruneStep
}

/**
 * What one step of [LogMaintenance.prune] did.
 *
 * @property last the highest id that it looked at, to go on after; null when nothing old is left above it.
 */
public class PruneStep(
    public val deleted: Int,
    public val last: Long?,
)
