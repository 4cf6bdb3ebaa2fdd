package io.pgqueuer.java;

/**
 * What an enqueue does with a job whose dedupe key is taken by a queued or running job, or by an earlier job of its
 * list.
 */
public enum OnConflict {
    /** Fails with a {@link io.pgqueuer.DuplicateJobException}; nothing of the list is stored. */
    RAISE,

    /** Leaves that job out and stores the others. Of jobs that share a key, the first is stored. */
    SKIP,

    /**
     * Leaves that job out, gives the queued or running job its priority if that is higher, and returns the id of that
     * job. The priority of a job is never lowered. A running job keeps the new priority for its retries.
     */
    RAISE_PRIORITY
}
