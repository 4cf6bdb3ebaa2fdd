package io.pgqueuer.domain

/** A job together with the [lease] under which it was claimed. */
public class ClaimedJob(
    public val job: Job,
    public val lease: Lease,
) {
    override fun toString(): String = "ClaimedJob($job, epoch=${lease.epoch})"
}
