package io.pgqueuer.cli.torture.worker

import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.cli.torture.record.RunKey
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/** Adds the handlers of all entrypoints, and the schedule. [runs] is told of each run. */
internal fun WorkerBuilder.handlers(runs: RunListener) {
    defaults { retry = RetryPolicy.fixed(maxAttempts = 3, delay = 300.milliseconds) }
    for (entrypoint in Entrypoint.entries - Entrypoint.BLOCKING) {
        entrypoint(entrypoint.label, { concurrencyLimit = entrypoint.limit }) { job ->
            runs.telling(job.runKey()) { job.task().run(attempt) }
        }
    }
    blockingEntrypoint(Entrypoint.BLOCKING.label, { onFailure = OnFailure.DELETE }) { job ->
        runs.telling(job.runKey()) { job.task().runBlocking(attempt) }
    }
    schedule("report", "* * * * * */2") {
        runs.telling(RunKey.Schedule(leaseEpoch)) {
            // Mostly short, but now and then longer than a lease.
            Task(Behavior.PLAIN, steps = if (Random.nextInt(10) == 0) 240 else 10).run(attempt = 1)
        }
    }
}

internal fun StoredJob.runKey() = RunKey.Job(id.value, leaseEpoch, entrypoint)

private fun StoredJob.task() = Task.parse(checkNotNull(payloadText) { "job $id has lost its payload" })
