package io.pgqueuer.engine.signals

import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlin.time.Duration

/**
 * What the fetcher and the scheduler wait for. Signals are conflated and sticky: one that comes while nobody waits is
 * seen by the next wait, and many are one.
 */
internal class WakeUps {
    private val work = Channel<Unit>(Channel.CONFLATED)
    private val freed = Channel<Unit>(Channel.CONFLATED)
    private val schedules = Channel<Unit>(Channel.CONFLATED)

    /** Jobs may have become claimable. */
    fun work() {
        work.signal()
    }

    /** A job ended, here or elsewhere: a slot of this worker or of an entrypoint's limit may be free. */
    fun freed() {
        freed.signal()
    }

    /** Waits for [work], for [freed] where [orFreed] then holds, or for [timeout]. */
    suspend fun awaitWork(timeout: Duration, orFreed: () -> Boolean) = coroutineScope {
        // Not withTimeout: its exception costs many times what the wait does, for each idle poll.
        val over = launch { delay(timeout) }
        do {
            val enough = select {
                work.onReceive { true }
                freed.onReceive { orFreed() }
                over.onJoin { true }
            }
        } while (!enough)
        over.cancel()
    }

    suspend fun awaitFreed() {
        freed.receive()
    }

    /** Schedules may have become due out of turn. */
    fun schedules() {
        schedules.signal()
    }

    /** Waits for [schedules], or for [timeout]. */
    @OptIn(ExperimentalCoroutinesApi::class)
    suspend fun awaitSchedules(timeout: Duration) = select {
        schedules.onReceive { }
        onTimeout(timeout) { }
    }

    // Each job that ends signals: to see that a signal waits to be received costs less than to replace it.
    @OptIn(ExperimentalCoroutinesApi::class)
    private fun Channel<Unit>.signal() {
        if (isEmpty) trySend(Unit)
    }
}
