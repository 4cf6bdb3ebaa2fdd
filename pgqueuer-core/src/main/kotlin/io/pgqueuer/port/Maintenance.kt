package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.StoreUnavailableException
import kotlin.time.Duration

/**
 * Counts the log, keeps it small, and keeps the queue fast.
 *
 * Each operation throws [StoreUnavailableException] if the store cannot be reached.
 */
@PgQueuerSpi
public interface Maintenance {
    /**
     * Counts the oldest log entries that are not counted yet, at most [limit], into the statistics: by second,
     * entrypoint, priority and status. Each entry is counted once, even if others count at the same time. One bounded
     * transaction.
     *
     * @return how many it counted; null if another worker is counting.
     */
    public suspend fun aggregate(limit: Int): Int?

    /**
     * Looks at the entries with an id above [after], at most [limit], and deletes those that are counted, are older
     * than [retention], and whose job has left the queue. One bounded transaction.
     */
    public suspend fun prune(retention: Duration, after: Long, limit: Int): PruneStep

    /**
     * Removes what ended jobs left behind in the queue: in PostgreSQL, dead rows that claims have to pass. Nobody waits
     * for it. It returns at once if a vacuum is already running.
     *
     * @return false if the store's user lacks the privilege, so that trying again does not help.
     */
    public suspend fun vacuum(): Boolean
}

/**
 * What one step of [Maintenance.prune] did.
 *
 * @property last the highest id that it looked at; the next step starts after it. Null if nothing old is left above it.
 */
@PgQueuerSpi
public class PruneStep(
    public val deleted: Int,
    public val last: Long?,
)
