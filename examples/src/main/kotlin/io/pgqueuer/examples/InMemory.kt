package io.pgqueuer.examples

import io.pgqueuer.RunMode
import io.pgqueuer.memory.inMemoryBackend

/** The smallest complete program: a queue that needs nothing, one handler, two jobs. Returns what the handler was given. */
suspend fun inMemoryQuickstart(): List<String> {
    val greeted = mutableListOf<String>()
    val backend = inMemoryBackend()
    val worker = backend.worker {
        entrypoint("greet") { job -> greeted += "hello ${job.payloadText}" }
    }
    backend.queue.enqueue("greet", "ann")
    backend.queue.enqueue("greet", "bob") { priority = 1 }
    worker.run { mode = RunMode.DRAIN }
    return greeted
}
