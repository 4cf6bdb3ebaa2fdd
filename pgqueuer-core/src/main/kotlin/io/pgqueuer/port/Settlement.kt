package io.pgqueuer.port

import io.pgqueuer.FailureRecord
import io.pgqueuer.Lease
import io.pgqueuer.PgQueuerSpi
import kotlin.time.Duration

/** How a run of a job ended, and therefore what becomes of the job. */
@PgQueuerSpi
public sealed interface Outcome {
    /** Succeeded: the job is deleted and logged as `successful`. */
    public data object Succeeded : Outcome

    /** Failed for good: the job is deleted and logged as `exception`, with the [record]. */
    public data class Failed(
        val record: FailureRecord,
    ) : Outcome

    /** Failed for good and held: the job stays until it is requeued, and is logged as `failed`, with the [record]. */
    public data class Held(
        val record: FailureRecord,
    ) : Outcome

    /**
     * Failed and retried: queued again after [delay] with one attempt more, and logged as `queued`, with the [record].
     */
    public data class Retried(
        val delay: Duration,
        val record: FailureRecord,
    ) : Outcome

    /**
     * Given back unfinished, for example at a shutdown: queued, due at once, attempts unchanged; logged as `queued`.
     */
    public data object Released : Outcome

    /** Canceled while it ran: the job is deleted and logged as `canceled`. */
    public data object Canceled : Outcome
}

/** The [outcome] to write for the job of [lease]. It is written only if that lease is live. */
@PgQueuerSpi
public data class Settlement(
    val lease: Lease,
    val outcome: Outcome,
)
