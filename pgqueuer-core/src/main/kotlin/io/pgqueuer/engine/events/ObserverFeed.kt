package io.pgqueuer.engine.events

import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerId
import io.pgqueuer.WorkerObserver
import io.pgqueuer.failures.safeToString
import kotlinx.coroutines.channels.Channel
import org.slf4j.LoggerFactory
import java.util.concurrent.atomic.AtomicLong

/** Passes events on to a user's [observer]. The engine never waits for it. */
internal class ObserverFeed(
    private val worker: WorkerId,
    private val observer: WorkerObserver,
) {
    private val waiting = Channel<WorkerEvent>(CAPACITY)
    private val dropped = AtomicLong()
    private var hasFailed = false

    @Volatile
    private var last: WorkerEvent? = null

    fun offer(event: WorkerEvent) {
        if (waiting.trySend(event).isFailure) dropped.incrementAndGet()
    }

    /**
     * Accepts no more events. [run] returns after the observer has received those that wait, and then [last], which
     * is never dropped.
     */
    fun close(last: WorkerEvent) {
        this.last = last
        waiting.close()
    }

    /** Runs until [close]. The observer may block the thread that this runs on. */
    suspend fun run() {
        for (event in waiting) {
            passMissed()
            pass(event)
        }
        passMissed()
        last?.let(::pass)
    }

    private fun passMissed() {
        val missed = dropped.getAndSet(0)
        if (missed > 0) pass(WorkerEvent.EventsDropped(worker, missed))
    }

    private fun pass(event: WorkerEvent) {
        try {
            observer.onEvent(event)
        } catch (e: Throwable) {
            // The observer may fail for thousands of events: one warning is enough.
            if (hasFailed) {
                log.debug("an observer of worker {} failed again: {}", worker, e.safeToString())
            } else {
                log.warn(
                    "an observer of worker {} failed on {}; it goes on with the next event: {}",
                    worker,
                    event::class.simpleName,
                    e.safeToString(),
                )
            }
            hasFailed = true
        }
    }

    private companion object {
        const val CAPACITY = 10_000
        val log = LoggerFactory.getLogger(WorkerObserver::class.java)
    }
}
