package io.pgqueuer.examples

import io.pgqueuer.JobOutcome
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerObserver
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.LongAdder

/**
 * Counts the retries of each entrypoint, for a metric or an alert: `backend.worker { observe(counter); … }`.
 *
 * A retry is counted once the store has confirmed it.
 */
class RetryCounter : WorkerObserver {
    private val retries = ConcurrentHashMap<String, LongAdder>()

    override fun onEvent(event: WorkerEvent) {
        if (event is WorkerEvent.JobEnded && event.outcome is JobOutcome.Retried) {
            retries.getOrPut(event.job.entrypoint, ::LongAdder).increment()
        }
    }

    /** How often jobs of [entrypoint] were retried so far. */
    fun of(entrypoint: String): Long = retries[entrypoint]?.sum() ?: 0
}
