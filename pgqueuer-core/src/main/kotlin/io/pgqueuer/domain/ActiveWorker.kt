package io.pgqueuer.domain

import kotlin.time.Duration

/**
 * A worker that holds jobs. Workers that hold none leave no trace in the store.
 *
 * @property jobs how many jobs it holds.
 * @property heartbeatAge how long ago the least recently renewed of its leases was renewed.
 */
public data class ActiveWorker(
    val id: WorkerId,
    val jobs: Long,
    val heartbeatAge: Duration,
)
