package io.pgqueuer.domain

import kotlin.time.Duration

/** How a worker's run of a job ended, and so what becomes of the job. */
public sealed interface Outcome {
    /** Ended well: the job is deleted and logged `successful`. */
    public data object Succeeded : Outcome

    /** Failed for good: the job is deleted and logged `exception` with the [record]. */
    public data class Failed(
        val record: FailureRecord,
    ) : Outcome

    /** Failed and kept: the job stays as `failed` until it is requeued; logged `failed` with the [record]. */
    public data class Held(
        val record: FailureRecord,
    ) : Outcome

    /** Failed and to be run again after [delay], in place, one attempt more; logged `queued` with the [record]. */
    public data class Retried(
        val delay: Duration,
        val record: FailureRecord,
    ) : Outcome

    /** Given back unfinished, as at a shutdown: queued and due at once, attempts unchanged; logged `queued`. */
    public data object Released : Outcome
}
