package io.pgqueuer

import kotlin.time.Duration

/** What every handler can use. */
@PgQueuerDsl
public interface HandlerContext {
    /** The backend that the worker uses. */
    public val backend: Backend

    /** Enqueues follow-up jobs. */
    public val queue: JobQueue
        get() = backend.queue

    /** The resources that the worker was given for its handlers. */
    public val resources: Resources
}

/**
 * Returns the resource of type [T], with this [name] if one was given.
 *
 * @throws IllegalStateException if the worker has no such resource.
 */
public inline fun <reified T : Any> HandlerContext.resource(name: String = ""): T = resources.get(T::class, name)

/** What a handler knows about its current run. */
@PgQueuerDsl
public interface JobContext : HandlerContext {
    /** The job as it was claimed. */
    public val job: StoredJob

    /** The lease of this run. */
    public val lease: Lease

    /** The number of this run: 1 for the first, one more for every retry. */
    public val attempt: Int
        get() = job.attempts.coerceAtMost(Int.MAX_VALUE - 1) + 1

    /** How long the job was due before this run claimed it. */
    public val waited: Duration
        get() = (job.updated - job.runAt).coerceAtLeast(Duration.ZERO)

    /** Grows with every claim of the job. Use it as a fence for writes to systems that the queue cannot fence. */
    public val leaseEpoch: Long
        get() = lease.epoch

    /**
     * Completes the job in the handler's own transaction, with what [settle] writes in it. Handlers use an adapter's
     * function, such as `completeIn` on PostgreSQL, which calls this one.
     *
     * The job ends when that transaction commits. If the transaction rolls back and the handler still returns normally,
     * the job counts as failed.
     *
     * @param settle ends the job as succeeded, fenced by the lease. It returns whether the job is completed, by this
     * call or earlier in the same transaction. If it throws, the exception is rethrown, and this call does not count as
     * a completion.
     * @throws LeaseLostException if the lease is gone; let it roll the transaction back.
     * @throws IllegalStateException if this run has already completed the job in an earlier transaction.
     */
    @PgQueuerSpi
    public fun completeBy(settle: (Lease) -> Boolean)
}
