package io.pgqueuer.engine.events

import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerId
import io.pgqueuer.WorkerObserver

/**
 * Receives the events of all parts of a worker and passes them to observers.
 *
 * @param own the engine's own observers. They are called by the sender, so they must be quick and never throw.
 * @param feeds the users' observers.
 */
internal class Events(
    val worker: WorkerId,
    private val own: List<WorkerObserver>,
    private val feeds: List<ObserverFeed>,
) {
    /** Whether users observe this worker. If not, events that only users need are not created. */
    val isObserved: Boolean = feeds.isNotEmpty()

    fun send(event: WorkerEvent) {
        // By index: this is called for every job.
        for (index in own.indices) own[index].onEvent(event)
        for (index in feeds.indices) feeds[index].offer(event)
    }

    /** Sends the event that [event] creates, if users observe this worker. */
    inline fun sendIfObserved(event: () -> WorkerEvent) {
        if (isObserved) send(event())
    }
}
