package io.pgqueuer.port

import kotlin.time.Duration

/** What a claim saw of the jobs that it did not lease, so that a worker knows for what to wait. */
public sealed interface Waiting {
    /** The claim was filled; it did not look further. */
    public data object Unknown : Waiting

    /**
     * The claim took all that it could.
     *
     * @property due whether jobs of its entrypoints are due but could not be leased: their entrypoint is at its limit,
     * or another claim was at them.
     * @property queued whether any job of its entrypoints is queued, due or not.
     * @property nextDue how long until the next of the jobs that are not due yet, or until the first lease of another
     * run expires unless renewed; null when there is neither.
     */
    public data class Seen(
        val due: Boolean,
        val queued: Boolean,
        val nextDue: Duration?,
    ) : Waiting
}
