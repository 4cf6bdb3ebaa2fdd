package io.pgqueuer.engine

import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.port.Backend

/** One run of a worker. */
internal class Worker(
    private val backend: Backend,
    private val entrypoints: Entrypoints,
    private val options: RunOptions,
    private val stop: StopSignal,
) {
    suspend fun run(): RunReport = error("being built: ${backend.hashCode()} $entrypoints $options $stop")
}
