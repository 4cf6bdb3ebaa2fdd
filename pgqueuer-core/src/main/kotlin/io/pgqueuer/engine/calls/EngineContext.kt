package io.pgqueuer.engine.calls

import io.pgqueuer.RunOptions
import io.pgqueuer.WorkerId
import io.pgqueuer.WorkerObserver
import io.pgqueuer.engine.events.Events
import io.pgqueuer.engine.events.HeldNotice
import io.pgqueuer.engine.events.ObserverFeed
import io.pgqueuer.engine.events.Tally
import io.pgqueuer.engine.events.WorkerLog
import io.pgqueuer.engine.signals.StopSignal
import io.pgqueuer.engine.signals.WakeUps
import io.pgqueuer.port.EngineRuntime
import io.pgqueuer.port.Store
import java.util.UUID
import kotlin.time.TimeSource

/** What all parts of one run of a worker share. */
internal class EngineContext(
    val store: Store,
    val options: RunOptions,
    val runtime: EngineRuntime,
    private val observers: List<WorkerObserver>,
) {
    val worker = WorkerId(UUID.nameUUIDFromBytes(runtime.random.nextBytes(UUID_BYTES)))
    val tally = Tally()
    val feeds = newFeeds()
    val events = Events(worker, listOf(tally, WorkerLog, HeldNotice()), feeds)
    val contact = StoreContact(runtime.timeSource, options.heartbeatTimeout)
    val stop = StopSignal()
    val wakeUps = WakeUps()

    val time: TimeSource get() = runtime.timeSource

    /** For events after the end of the run, when [feeds] have ended. */
    fun newFeeds() = observers.map { ObserverFeed(worker, it) }

    fun backoff() = Backoff(runtime.random)

    private companion object {
        const val UUID_BYTES = 16
    }
}
