package io.pgqueuer.engine.events

import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerId
import io.pgqueuer.WorkerObserver

/**
 * Where the parts of a worker say what they do.
 *
 * @param own the engine's own observers. They are called where an event is sent, so they must be quick and never throw.
 * @param feeds the users' observers.
 */
internal class Events(
    val worker: WorkerId,
    private val own: List<WorkerObserver>,
    private val feeds: List<ObserverFeed>,
) {
    /** Whether users observe this worker. Events that only they need are not made otherwise. */
    val isObserved: Boolean = feeds.isNotEmpty()

    fun send(event: WorkerEvent) {
        // By index: this is called for each job.
        for (index in own.indices) own[index].onEvent(event)
        for (index in feeds.indices) feeds[index].offer(event)
    }

    /** Sends what [event] makes, if users observe this worker. */
    inline fun sendIfObserved(event: () -> WorkerEvent) {
        if (isObserved) send(event())
    }
}
