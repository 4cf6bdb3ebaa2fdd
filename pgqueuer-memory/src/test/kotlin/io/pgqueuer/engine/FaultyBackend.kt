package io.pgqueuer.engine

import io.pgqueuer.domain.Lease
import io.pgqueuer.domain.Settlement
import io.pgqueuer.port.Backend
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.Signal
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** A [real] store as one worker sees it through faults: what a test sets here runs before or after the operation. */
internal class FaultyBackend(
    private val real: Backend,
) : Backend by real {
    var beforeClaim: suspend () -> Unit = {}
    var afterClaim: suspend (ClaimBatch) -> Unit = {}
    var beforeRenew: suspend () -> Unit = {}
    var beforeSettle: suspend (List<Settlement>) -> Unit = {}
    var afterSettle: suspend () -> Unit = {}
    var deaf = false
    var claims = 0
        private set

    override val jobs: JobRepository = object : JobRepository by real.jobs {
        override suspend fun claim(request: ClaimRequest): ClaimBatch {
            claims++
            beforeClaim()
            return real.jobs.claim(request).also { afterClaim(it) }
        }

        override suspend fun renew(leases: Collection<Lease>): Set<Lease> {
            beforeRenew()
            return real.jobs.renew(leases)
        }

        override suspend fun settle(settlements: List<Settlement>): Set<Lease> {
            beforeSettle(settlements)
            return real.jobs.settle(settlements).also { afterSettle() }
        }
    }

    override val notifications: Notifications = object : Notifications by real.notifications {
        override fun listen(): Flow<Signal> = if (deaf) flow { awaitCancellation() } else real.notifications.listen()
    }
}
