package io.pgqueuer.cli.torture.worker

import io.pgqueuer.Backend
import io.pgqueuer.Worker
import io.pgqueuer.WorkerEvent
import io.pgqueuer.cli.torture.record.Outcome
import java.nio.file.Path

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
        observe(record::note)
        handlers(record)
    }
}

private fun RecordWriter.note(event: WorkerEvent) {
    when (event) {
        is WorkerEvent.ListenerReady -> ready()
        is WorkerEvent.JobEnded -> Outcome.of(event.outcome)?.let { settled(event.job.runKey(), it) }
        else -> Unit
    }
}
