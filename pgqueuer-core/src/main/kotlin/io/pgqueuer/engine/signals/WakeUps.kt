package io.pgqueuer.engine.signals

import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlin.time.Duration
import kotlin.time.TimeSource

/**
 * The signals that the fetcher and the scheduler wait for.
 *
 * Signals are conflated and sticky. If one arrives while nobody waits, the next wait receives it. Several pending
 * signals count as one.
 */
internal class WakeUps(
    private val time: TimeSource,
) {
    private val work = Channel<Unit>(Channel.CONFLATED)
    private val freed = Channel<Unit>(Channel.CONFLATED)
    private val schedules = Channel<Unit>(Channel.CONFLATED)

    /** Jobs may have become claimable. */
    fun work() {
        work.signal()
    }

    /** A job ended, here or in another worker: a slot of this worker or of an entrypoint's limit may be free. */
    fun freed() {
        freed.signal()
    }

    /** Waits for [work], for [freed] if [orFreed] is true when it arrives, or for [timeout]. */
    @OptIn(ExperimentalCoroutinesApi::class)
    suspend fun awaitWork(timeout: Duration, orFreed: () -> Boolean) {
        val over = time.markNow() + timeout
        do {
            val enough = select {
                work.onReceive { true }
                freed.onReceive { orFreed() }
                onTimeout(-over.elapsedNow()) { true }
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
}
