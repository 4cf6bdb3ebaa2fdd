package io.pgqueuer.benchmarks.jmh

import io.pgqueuer.RunMode
import io.pgqueuer.adapter.StoreBackend
import kotlinx.coroutines.runBlocking

/** A worker with the default options and handlers that do nothing, on a store that does nothing. */
class EngineWork(
    private val count: Int,
) {
    private val store = IdleStore(count)
    private val worker = StoreBackend(store).worker { entrypoint(IdleStore.ENTRYPOINT) { } }

    /** Runs all jobs from claim to settle, and returns how many succeeded. */
    fun drain(): Long = runBlocking {
        store.rewind()
        val succeeded = worker.run { mode = RunMode.DRAIN }.succeeded
        check(succeeded == count.toLong()) { "$count jobs were claimed, but $succeeded succeeded" }
        succeeded
    }
}
