package io.pgqueuer.engine

import io.pgqueuer.JobInterceptor
import io.pgqueuer.port.ClaimTarget

/** The jobs that a worker was registered for. */
internal class Entrypoints(
    private val byName: Map<String, Entrypoint>,
    val interceptors: List<JobInterceptor>,
) {
    val targets: List<ClaimTarget> = byName.values.map { ClaimTarget(it.name, it.concurrencyLimit) }

    /** Whether a handler blocks its thread. */
    val block: Boolean = byName.values.any { it.handler is Handler.Blocking }

    val names: Set<String> get() = byName.keys

    operator fun get(name: String): Entrypoint =
        checkNotNull(byName[name]) { "claimed a job of entrypoint '$name', which is not registered: $names" }
}
