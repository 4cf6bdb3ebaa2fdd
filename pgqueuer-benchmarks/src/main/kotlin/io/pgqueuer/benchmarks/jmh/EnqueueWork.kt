package io.pgqueuer.benchmarks.jmh

import io.pgqueuer.NewJob
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.runBlocking

/** The payload of the jobs: about 20 bytes, as in the other benchmarks. */
internal val PAYLOAD = "twenty bytes of data".encodeToByteArray()

/** Enqueues [count] jobs to a queue in memory. */
class EnqueueWork(
    private val count: Int,
) {
    private val backend = inMemoryBackend()
    private val job = NewJob("entrypoint", PAYLOAD)

    fun reset() = backend.reset()

    /** Enqueues them in one call, and returns how many. */
    fun inBulk(): Int = runBlocking { backend.queue.enqueueAll(List(count) { job }).size }

    /** Enqueues them one by one, and returns the last id. */
    fun oneByOne(): Long = runBlocking {
        var last = 0L
        repeat(count) { last = backend.queue.enqueue(job).value }
        last
    }
}
