package io.pgqueuer

import io.pgqueuer.domain.Job
import io.pgqueuer.domain.Lease
import io.pgqueuer.domain.LeaseLostException
import io.pgqueuer.domain.Settlement

/** What a handler knows of the run that it is in. */
@PgQueuerDsl
public interface JobContext : HandlerContext {
    /** The job, as it was claimed. */
    public val job: Job

    /** The lease under which it runs. */
    public val lease: Lease

    /** Which run of the job this is: 1 on the first, one more with each retry. */
    public val attempt: Int
        get() = job.attempts.coerceAtMost(Int.MAX_VALUE - 1) + 1

    /** Grows with each claim of the job: fences writes to places that the queue cannot fence. */
    public val leaseEpoch: Long
        get() = lease.epoch

    /**
     * Completes the job in a transaction of the handler's own, which [settle] writes to: on PostgreSQL use `completeIn`,
     * which stands on this.
     *
     * The job ends when that transaction commits. If the handler then returns although it was rolled back, the job
     * counts as failed.
     *
     * @param settle writes the settlement, fenced by its lease, and returns whether it did, now or earlier in the same
     * transaction. What it throws is thrown on, and the job then counts as not completed by this call.
     * @throws LeaseLostException if the lease is gone; let it roll the transaction back.
     * @throws IllegalStateException if this run has completed the job already, in an earlier transaction.
     */
    public fun completeBy(settle: (Settlement) -> Boolean)
}
