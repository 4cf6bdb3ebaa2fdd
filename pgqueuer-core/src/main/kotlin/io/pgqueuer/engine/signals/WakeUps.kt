package io.pgqueuer.engine.signals

import io.pgqueuer.port.QueueEvent
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlin.time.Duration

/**
 * The signals that the fetcher and the scheduler wait for.
 *
 * Signals are conflated and sticky. If one arrives while nobody waits, the next wait receives it. Several pending
 * signals count as one. News are kept in their order.
 */
internal class WakeUps {
    private val work = Channel<Unit>(Channel.CONFLATED)
    private val news = Channel<News>(MOST_NEWS)
    private val freed = Channel<Unit>(Channel.CONFLATED)
    private val schedules = Channel<Unit>(Channel.CONFLATED)

    /** Jobs may have become claimable, for example because notifications were missed. */
    fun work() {
        work.signal()
    }

    /**
     * Jobs may have become claimable.
     *
     * @param id identifies the notification of it. Null if it is not known.
     */
    fun changed(id: String?) {
        if (id == null || news.trySend(News.Changed(id)).isFailure) work()
    }

    /** A worker left nothing due. */
    fun nothingDue(event: QueueEvent.NothingDue) {
        news.trySend(News.NothingDue(event))
    }

    /** A job ended, here or in another worker: a slot of this worker or of an entrypoint's limit may be free. */
    fun freed() {
        freed.signal()
    }

    /** Passes the news that have arrived to [hear]. */
    fun hearNews(hear: (News) -> Unit) {
        while (true) hear(news.tryReceive().getOrNull() ?: return)
    }

    /**
     * Waits for [work], for [freed] if [orFreed] is true when it arrives, or until no time is [left]. Passes news to
     * [hear], which may change what is left.
     */
    @OptIn(ExperimentalCoroutinesApi::class)
    suspend fun awaitWork(left: () -> Duration, hear: (News) -> Unit, orFreed: () -> Boolean) {
        do {
            val enough = select {
                work.onReceive {
                    // These news may be older than what was missed.
                    hearNews(hear)
                    hear(News.Unknown)
                    true
                }
                news.onReceive {
                    hear(it)
                    !left().isPositive()
                }
                freed.onReceive { orFreed() }
                onTimeout(left()) { true }
            }
        } while (!enough)
    }

    suspend fun awaitFreed() {
        freed.receive()
    }

    /** Schedules may be due earlier than expected. */
    fun schedules() {
        schedules.signal()
    }

    /** Waits for [schedules], or for [timeout]. */
    @OptIn(ExperimentalCoroutinesApi::class)
    suspend fun awaitSchedules(timeout: Duration) = select {
        schedules.onReceive { }
        onTimeout(timeout) { }
    }

    // Every job that ends sends a signal. It is cheaper to see that one is pending than to replace it.
    @OptIn(ExperimentalCoroutinesApi::class)
    private fun Channel<Unit>.signal() {
        if (isEmpty) trySend(Unit)
    }

    private companion object {
        /** A fetcher that does not wait, because it has no room, hears no news. */
        const val MOST_NEWS = 64
    }
}
