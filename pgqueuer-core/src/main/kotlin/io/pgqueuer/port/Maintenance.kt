package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.StoreUnavailableException
import kotlin.time.Duration

/**
 * What keeps the log countable and small, and the queue quick.
 *
 * Each operation throws [StoreUnavailableException] when the store cannot be reached.
 */
@PgQueuerSpi
public interface Maintenance {
    /**
     * Counts the oldest entries of the log that are not counted yet, at most [limit], into the statistics: by second,
     * entrypoint, priority and status. Each entry is counted once, whoever counts at the same time. One bounded
     * transaction.
     *
     * @return how many it counted; null when another worker is at it.
     */
    public suspend fun aggregate(limit: Int): Int?

    /**
     * Looks at the entries whose id is above [after], at most [limit], and deletes those that are counted, are older
     * than [retention], and whose job has left the queue. One bounded transaction.
     */
    public suspend fun prune(retention: Duration, after: Long, limit: Int): PruneStep

    /**
     * Frees what jobs that ended left in the queue, where the store leaves something: in PostgreSQL dead rows, which
     * the claims that follow have to pass. Nobody waits for it; where another is at it, it returns at once.
     *
     * @return false where the user of this store may not, so that asking again is of no use.
     */
    public suspend fun vacuum(): Boolean
}

/**
 * What one step of [Maintenance.prune] did.
 *
 * @property last the highest id that it looked at, to go on after; null when nothing old is left above it.
 */
@PgQueuerSpi
public class PruneStep(
    public val deleted: Int,
    public val last: Long?,
)
