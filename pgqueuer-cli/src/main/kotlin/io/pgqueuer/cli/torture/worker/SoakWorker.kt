package io.pgqueuer.cli.torture.worker

import io.pgqueuer.Backend
import io.pgqueuer.OnFailure
import io.pgqueuer.Worker
import io.pgqueuer.WorkerEvent
import java.nio.file.Path
import kotlin.time.Duration

/**
 * Makes the worker of one process of the soak, for `pgq run`. It runs for hours, so it records its health only, not the
 * runs of its handlers. Jobs that fail for good are deleted: held ones would gather in the queue.
 *
 * @param arguments the file of the process's record, and how often to write its health there.
 */
fun soakWorker(backend: Backend, arguments: List<String>): Worker {
    endWithParent()
    val (file, every) = arguments
    val record = RecordWriter(Path.of(file))
    watchHealth(record, Duration.parse(every))
    return backend.worker {
        defaults { onFailure = OnFailure.DELETE }
        observe { if (it is WorkerEvent.ListenerReady) record.ready() }
        handlers(RunListener.NONE)
    }
}
