package io.pgqueuer.engine.settling

import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.port.Outcome

/** An outcome that is not written yet. */
internal class Unsettled(
    val running: RunningJob,
    val outcome: Outcome,
) {
    /** Whether it was sent in a statement that was not confirmed. If so, it may have been written. */
    var sent = false

    override fun toString(): String = "${outcome::class.simpleName} of $running"
}
