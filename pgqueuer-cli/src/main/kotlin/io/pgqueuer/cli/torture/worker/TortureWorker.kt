package io.pgqueuer.cli.torture.worker

import io.pgqueuer.Backend
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.StoredJob
import io.pgqueuer.Worker
import io.pgqueuer.WorkerEvent
import io.pgqueuer.cli.torture.record.Outcome
import io.pgqueuer.cli.torture.record.RunKey
import java.nio.file.Path
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/**
 * Makes the worker of one process of the torture, for `pgq run`.
 *
 * @param arguments the file of the process's record.
 */
fun tortureWorker(backend: Backend, arguments: List<String>): Worker {
    endWithParent()
    val record = RecordWriter(Path.of(arguments.single()))
    watchPauses(record)
    return backend.worker {
        defaults { retry = RetryPolicy.fixed(maxAttempts = 3, delay = 300.milliseconds) }
        observe(record::note)
        for (entrypoint in Entrypoint.entries - Entrypoint.BLOCKING) {
            entrypoint(entrypoint.label, { concurrencyLimit = entrypoint.limit }) { job ->
                record.recording(job.key()) { job.task().run(attempt) }
            }
        }
        blockingEntrypoint(Entrypoint.BLOCKING.label, { onFailure = OnFailure.DELETE }) { job ->
            record.recording(job.key()) { job.task().runBlocking(attempt) }
        }
        schedule("report", "* * * * * */2") {
            record.recording(RunKey.Schedule(leaseEpoch)) {
                // Mostly short, but now and then longer than a lease.
                Task(Behavior.PLAIN, steps = if (Random.nextInt(10) == 0) 240 else 10).run(attempt = 1)
            }
        }
    }
}

private fun RecordWriter.note(event: WorkerEvent) {
    when (event) {
        is WorkerEvent.ListenerReady -> ready()
        is WorkerEvent.JobEnded -> Outcome.of(event.outcome)?.let { settled(event.job.key(), it) }
        else -> Unit
    }
}

private fun StoredJob.key() = RunKey.Job(id.value, leaseEpoch, entrypoint)

private fun StoredJob.task() = Task.parse(checkNotNull(payloadText) { "job $id has lost its payload" })

/** If the parent is killed, nobody stops this process: the end of its input tells. */
private fun endWithParent() {
    thread(isDaemon = true, name = "parent") {
        while (System.`in`.read() >= 0) continue
        Runtime.getRuntime().halt(1)
    }
}
