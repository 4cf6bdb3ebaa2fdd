package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.Backend
import io.pgqueuer.cli.duration
import kotlin.time.Duration.Companion.seconds

internal class StaleCommand :
    LookCommand(
        "stale",
        "List running jobs whose heartbeat is old: their worker died or hangs. Oldest first.",
        examples = listOf("pgq stale --age 5m"),
        nothing = "no heartbeat is that old",
    ) {
    private val age by option().duration().default(30.seconds)
        .help("how old the heartbeat must be (default: 30s, the default heartbeat timeout)")
    private val limit by option().int().restrictTo(min = 1).default(100).help("the most jobs to list (default: 100)")

    override suspend fun rows(backend: Backend): List<Row> = backend.insights.staleJobs(age, limit).map(::staleRow)
}
