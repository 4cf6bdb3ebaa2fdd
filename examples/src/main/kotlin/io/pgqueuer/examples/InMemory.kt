package io.pgqueuer.examples

import io.pgqueuer.RunMode
import io.pgqueuer.memory.inMemoryBackend

/** The smallest whole: a queue that needs nothing, one handler, two jobs. Returns what the handler was given. */
suspend fun inMemoryQuickstart(): List<String> {
    val greeted = mutableListOf<String>()
    val worker = inMemoryBackend().worker {
        entrypoint("greet") { job -> greeted += "hello ${job.payload?.decodeToString()}" }
    }
    worker.queue.enqueue("greet", "ann".encodeToByteArray())
    worker.queue.enqueue("greet", "bob".encodeToByteArray()) { priority = 1 }
    worker.run { mode = RunMode.DRAIN }
    return greeted
}
