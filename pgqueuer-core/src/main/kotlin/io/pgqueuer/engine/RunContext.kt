package io.pgqueuer.engine

import io.pgqueuer.JobContext
import io.pgqueuer.Resources
import io.pgqueuer.domain.Job
import io.pgqueuer.domain.Lease
import io.pgqueuer.domain.Outcome
import io.pgqueuer.domain.Settlement
import io.pgqueuer.port.Backend

/** The [JobContext] of one run. */
internal class RunContext(
    val running: RunningJob,
    override val backend: Backend,
    override val resources: Resources,
) : JobContext {
    override val job: Job = running.job
    override val lease: Lease = running.lease

    override fun completeBy(settle: (Settlement) -> Boolean) {
        if (running.leaseGone) throw StopReason.LeaseLost(running).failure
        // Before the write: from then on, that the row is gone no longer means that the lease was lost.
        running.completing = true
        if (!settle(Settlement(lease, Outcome.Succeeded))) {
            running.completing = false
            running.stop(StopReason.LeaseLost(running))
            throw StopReason.LeaseLost(running).failure
        }
    }
}
