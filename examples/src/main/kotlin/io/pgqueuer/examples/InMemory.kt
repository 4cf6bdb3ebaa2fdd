package io.pgqueuer.examples

import io.pgqueuer.PgQueuer
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.memory.inMemory
import io.pgqueuer.pgQueuer

/** The smallest whole: a queue that needs nothing, one handler, two jobs. Returns what the handler was given. */
suspend fun inMemoryQuickstart(): List<String> {
    val greeted = mutableListOf<String>()
    val worker = pgQueuer(PgQueuer.inMemory()) {
        entrypoint("greet") { job -> greeted += "hello ${job.payload?.decodeToString()}" }
    }
    worker.queue.enqueue("greet", "ann".encodeToByteArray())
    worker.queue.enqueue("greet", "bob".encodeToByteArray(), priority = 1)
    worker.run(RunOptions(mode = RunMode.DRAIN))
    return greeted
}
