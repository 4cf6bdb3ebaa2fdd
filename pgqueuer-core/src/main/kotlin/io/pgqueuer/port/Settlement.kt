package io.pgqueuer.port

import io.pgqueuer.FailureRecord
import io.pgqueuer.Lease
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.engine.running.run
import kotlin.time.Duration

/** How a worker's run of a job ended, and so what becomes of the job. */
@PgQueuerSpi
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

/** What is to become of the job under [lease]; written only while that lease is live. */
@PgQueuerSpi
public data class Settlement(
    val lease: Lease,
    val outcome: Outcome,
)
