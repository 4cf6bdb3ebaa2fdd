package io.pgqueuer

import io.pgqueuer.domain.Job
import io.pgqueuer.domain.Lease

/** What a handler knows of the run that it is in. */
@PgQueuerDsl
public interface JobContext {
    /** The job, as it was claimed. */
    public val job: Job

    /** The lease under which it runs. */
    public val lease: Lease

    /** What the worker was given for its handlers. */
    public val resources: Resources

    /** Which run of the job this is: 1 on the first, one more with each retry. */
    public val attempt: Int
        get() = job.attempts + 1

    /** Grows with each claim of the job: fences writes to places that the queue cannot fence. */
    public val leaseEpoch: Long
        get() = lease.epoch
}

/**
 * Returns the resource of type [T], and of that [name] where one was given.
 *
 * @throws IllegalStateException if the worker was not given one.
 */
public inline fun <reified T : Any> JobContext.resource(name: String = ""): T = resources.get(T::class, name)
