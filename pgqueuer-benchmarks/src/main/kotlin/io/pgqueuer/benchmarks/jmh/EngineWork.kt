package io.pgqueuer.benchmarks.jmh

import io.pgqueuer.RunMode
import kotlinx.coroutines.runBlocking

/** A worker at its defaults, whose handlers do nothing, on a store that does nothing. */
class EngineWork(
    private val count: Int,
) {
    private val store = IdleStore(count)
    private val worker = store.worker { entrypoint(IdleStore.ENTRYPOINT) { } }

    /** Runs all jobs from claim to settle; returns how many ended well. */
    fun drain(): Long = runBlocking {
        store.rewind()
        val succeeded = worker.run { mode = RunMode.DRAIN }.succeeded
        check(succeeded == count.toLong()) { "$count jobs were handed out, $succeeded ended well" }
        succeeded
    }
}
