package io.pgqueuer.cli.look

import io.pgqueuer.Backend

internal class WorkersCommand :
    LookCommand(
        "workers",
        "List the workers that hold jobs, and the age of their oldest heartbeat. Those without a job cannot be seen.",
        examples = listOf("pgq workers"),
        nothing = "no worker holds a job",
    ) {
    override suspend fun rows(backend: Backend): List<Row> = backend.insights.activeWorkers().map {
        Row(
            "worker" to it.id,
            "jobs" to it.jobs,
            "heartbeat_age" to it.heartbeatAge,
            "kind" to if (it.isPython) "python" else "jvm",
        )
    }
}
