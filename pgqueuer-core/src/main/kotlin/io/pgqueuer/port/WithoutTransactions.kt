package io.pgqueuer.port

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.PgQueuerSpi

/**
 * The capability of a store that has no transactions: what handlers and producers do in a transaction of their own takes
 * effect at once, under the lease as always, and a rollback does not undo it. With it, code that completes jobs in its
 * transaction runs in tests without a database.
 *
 * The functions block the caller's thread.
 */
@PgQueuerSpi
public interface WithoutTransactions {
    /**
     * Stores [jobs] unchanged.
     *
     * @return the new ids in the order of [jobs]; `null` for each job that [OnConflict.SKIP] left out.
     * @throws DuplicateJobException with [OnConflict.RAISE], if a dedupe key is taken; nothing is stored.
     */
    public fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?>

    /**
     * Ends the job of [lease] as successful, if that lease is live.
     *
     * @return true if the lease was live, or if this function has ended its job before.
     */
    public fun complete(lease: Lease): Boolean

    /** Returns whether [lease] is live. */
    public fun isLive(lease: Lease): Boolean
}
