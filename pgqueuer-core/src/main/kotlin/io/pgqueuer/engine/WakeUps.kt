package io.pgqueuer.engine

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration

/**
 * What the fetcher waits for. Signals are conflated and sticky: one that comes while nobody waits is seen by the next
 * wait, and many are one.
 */
internal class WakeUps {
    private val work = Channel<Unit>(Channel.CONFLATED)
    private val freed = Channel<Unit>(Channel.CONFLATED)

    /** Jobs may have become claimable. */
    fun work() {
        work.trySend(Unit)
    }

    /** A job ended, here or elsewhere: a slot of this worker or of an entrypoint's limit may be free. */
    fun freed() {
        freed.trySend(Unit)
    }

    /** Waits for [work], for [freed] where [orFreed] then holds, or for [timeout]. */
    suspend fun awaitWork(timeout: Duration, orFreed: () -> Boolean) {
        withTimeoutOrNull(timeout) {
            do {
                val enough = select {
                    work.onReceive { true }
                    freed.onReceive { orFreed() }
                }
            } while (!enough)
        }
    }

    suspend fun awaitFreed() {
        freed.receive()
    }
}
