package io.pgqueuer.engine.running

import io.pgqueuer.EntrypointDefinition
import io.pgqueuer.Handler
import io.pgqueuer.port.ClaimTarget

/** The entrypoints that a worker serves, by name. */
internal class Entrypoints(
    definitions: List<EntrypointDefinition>,
) {
    private val byName = definitions.associateBy { it.name }

    val targets: List<ClaimTarget> = definitions.map { ClaimTarget(it.name, it.options) }

    /** Whether a handler blocks its thread. */
    val block: Boolean = definitions.any { it.handler is Handler.Blocking }

    /** Whether an entrypoint has a concurrency limit. */
    val areLimited: Boolean = targets.any { it.options.concurrencyLimit != null }

    val names: Set<String> get() = byName.keys

    operator fun get(name: String): EntrypointDefinition =
        checkNotNull(byName[name]) { "claimed a job of entrypoint '$name', which is not registered: $names" }
}
