package io.pgqueuer.benchmarks.jmh

import io.pgqueuer.NewJob
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.runBlocking

/** About 20 bytes, as in the other benchmarks. */
internal val PAYLOAD = "twenty bytes of data".encodeToByteArray()

/** Enqueues [count] jobs to a queue in memory. */
class EnqueueWork(
    private val count: Int,
) {
    private val backend = inMemoryBackend()
    private val job = NewJob("entrypoint", PAYLOAD)

    fun clear() = backend.clear()

    /** In one call; returns how many. */
    fun inBulk(): Int = runBlocking { backend.queue.enqueueAll(List(count) { job }).size }

    /** One by one; returns the last id. */
    fun oneByOne(): Long = runBlocking {
        var last = 0L
        repeat(count) { last = backend.queue.enqueue(job).value }
        last
    }
}
