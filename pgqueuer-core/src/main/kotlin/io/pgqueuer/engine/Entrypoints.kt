package io.pgqueuer.engine

import io.pgqueuer.JobInterceptor
import io.pgqueuer.Resources
import io.pgqueuer.port.ClaimTarget

/** All that a worker was registered with. */
internal class Entrypoints(
    private val byName: Map<String, Entrypoint>,
    val interceptors: List<JobInterceptor>,
    val resources: Resources,
) {
    val targets: List<ClaimTarget> = byName.values.map { ClaimTarget(it.name, it.concurrencyLimit) }

    val names: Set<String> get() = byName.keys

    operator fun get(name: String): Entrypoint =
        checkNotNull(byName[name]) { "claimed a job of entrypoint '$name', which is not registered: $names" }
}
