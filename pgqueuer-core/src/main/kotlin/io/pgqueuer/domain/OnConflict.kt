package io.pgqueuer.domain

/** What an enqueue does with a job whose dedupe key is taken by an active job or by an earlier job of the batch. */
public enum class OnConflict {
    /** Throws [DuplicateJobException] and stores nothing of the batch. */
    RAISE,

    /** Leaves that job out; the first occurrence of a key wins. */
    SKIP,
}
