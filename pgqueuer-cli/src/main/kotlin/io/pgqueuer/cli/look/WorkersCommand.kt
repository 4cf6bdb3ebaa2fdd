package io.pgqueuer.cli.look

import io.pgqueuer.ActiveWorker
import io.pgqueuer.Backend

internal class WorkersCommand :
    LookCommand(
        "workers",
        "List the workers that hold jobs, and the age of their oldest heartbeat. Those without a job cannot be seen.",
        examples = listOf("pgq workers"),
        nothing = "no worker holds a job",
    ) {
    override suspend fun rows(backend: Backend): List<Row> = backend.insights.activeWorkers().map(::workerRow)
}

internal fun workerRow(worker: ActiveWorker) = Row(
    "worker" to worker.id,
    "jobs" to worker.jobs,
    "heartbeat_age" to worker.heartbeatAge,
    "kind" to if (worker.isPython) "python" else "jvm",
)
