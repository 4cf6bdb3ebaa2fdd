package io.pgqueuer

import kotlin.time.Duration

/** What every handler has at hand. */
@PgQueuerDsl
public interface HandlerContext {
    /** The store that the worker works on. */
    public val backend: Backend

    /** Takes follow-up jobs. */
    public val queue: JobQueue
        get() = backend.queue

    /** What the worker was given for its handlers. */
    public val resources: Resources
}

/**
 * Returns the resource of type [T], and of that [name] where one was given.
 *
 * @throws IllegalStateException if the worker was not given one.
 */
public inline fun <reified T : Any> HandlerContext.resource(name: String = ""): T = resources.get(T::class, name)

/** What a handler knows of the run that it is in. */
@PgQueuerDsl
public interface JobContext : HandlerContext {
    /** The job, as it was claimed. */
    public val job: StoredJob

    /** The lease under which it runs. */
    public val lease: Lease

    /** Which run of the job this is: 1 on the first, one more with each retry. */
    public val attempt: Int
        get() = job.attempts.coerceAtMost(Int.MAX_VALUE - 1) + 1

    /** How long the job was due before it was claimed for this run. */
    public val waited: Duration
        get() = (job.updated - job.runAt).coerceAtLeast(Duration.ZERO)

    /** Grows with each claim of the job: fences writes to places that the queue cannot fence. */
    public val leaseEpoch: Long
        get() = lease.epoch

    /**
     * Completes the job in a transaction of the handler's own, by what [settle] writes in it. Handlers use an adapter's
     * function, such as `completeIn` on PostgreSQL, which calls this one.
     *
     * The job ends when that transaction commits. If the handler then returns although it was rolled back, the job
     * counts as failed.
     *
     * @param settle ends the job as succeeded, fenced by the lease, and returns whether it did, now or earlier in the
     * same transaction. What it throws is thrown on, and the job then counts as not completed by this call.
     * @throws LeaseLostException if the lease is gone; let it roll the transaction back.
     * @throws IllegalStateException if this run has completed the job already, in an earlier transaction.
     */
    @PgQueuerSpi
    public fun completeBy(settle: (Lease) -> Boolean)
}
