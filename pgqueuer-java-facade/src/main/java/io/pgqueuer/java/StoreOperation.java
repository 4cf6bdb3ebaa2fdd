package io.pgqueuer.java;

/** What a worker asks of its store again and again. */
public enum StoreOperation {
    /** Claiming jobs. */
    CLAIM_JOBS,

    /** Renewing the leases of jobs. */
    RENEW_LEASES,

    /** Writing the outcomes of jobs. */
    SETTLE_JOBS,

    /** Claiming schedules that are due. */
    CLAIM_SCHEDULES,

    /** Renewing the lease of a schedule's run. */
    RENEW_SCHEDULE,

    /** Writing the end of a schedule's run. */
    SETTLE_SCHEDULE
}
