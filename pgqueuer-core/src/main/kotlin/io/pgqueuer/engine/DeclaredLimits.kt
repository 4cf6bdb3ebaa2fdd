package io.pgqueuer.engine

import io.pgqueuer.Worker
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.LimitRepository
import org.slf4j.LoggerFactory

/** Stores the limits of [targets], so that views of the queue can show them. Nothing else depends on it. */
internal suspend fun LimitRepository.declareThoseOf(targets: List<ClaimTarget>) {
    if (targets.isEmpty()) return
    val limits = targets.associate { it.entrypoint to it.options.concurrencyLimit }
    val grant = declare(limits) ?: return
    val limited = limits.filterValues { it != null }.keys
    if (limited.isEmpty()) return
    log.warn("views of the queue cannot show the concurrency limits of {}: this worker's user needs {}", limited, grant)
}

private val log = LoggerFactory.getLogger(Worker::class.java)
