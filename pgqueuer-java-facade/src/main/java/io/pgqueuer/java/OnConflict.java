package io.pgqueuer.java;

/**
 * What an enqueue does with a job whose dedupe key is taken by a queued or running job, or by an earlier job of its
 * list.
 */
public enum OnConflict {
    /** Fails with a {@link io.pgqueuer.DuplicateJobException}; nothing of the list is stored. */
    RAISE,

    /** Leaves that job out and stores the others. Of jobs that share a key, the first is stored. */
    SKIP
}
