package io.pgqueuer.engine.running

import io.pgqueuer.Backend
import io.pgqueuer.JobContext
import io.pgqueuer.Lease
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.Resources
import io.pgqueuer.StoredJob
import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.engine.leases.StopReason

/** The [JobContext] of one run. */
internal class RunContext(
    val running: RunningJob,
    override val backend: Backend,
    override val resources: Resources,
) : JobContext {
    override val job: StoredJob = running.job
    override val lease: Lease = running.lease

    @PgQueuerSpi
    override fun completeBy(settle: (Lease) -> Boolean) {
        running.stopReason?.failure?.let { throw it }
        val before = running.completing
        // Set this before the write: from then on, a missing row no longer means that the lease was lost.
        running.completing = true
        val settled = try {
            settle(lease)
        } catch (e: Throwable) {
            // This call wrote nothing. What an earlier call wrote may still be committed.
            running.completing = before
            throw e
        }
        if (settled) return
        check(!before) {
            "$running was completed by this run already, in a transaction that has ended; complete it once, or again " +
                "only after a rollback"
        }
        running.completing = false
        val refused = StopReason.Refused(running)
        running.stop(refused)
        throw refused.failure
    }
}
