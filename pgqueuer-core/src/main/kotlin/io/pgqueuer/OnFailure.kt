package io.pgqueuer

/** What becomes of a job that failed for good. Either way its log keeps the failure's record. */
public enum class OnFailure {
    /** It is deleted. */
    DELETE,

    /** It is kept as `failed`, for a look and a requeue by hand. */
    HOLD,
}
