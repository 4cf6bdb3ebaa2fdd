package io.pgqueuer.web.internal.state

import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlin.time.Duration
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * A value that is read from the queue at most once in [every], however many ask for it. Whoever asks while it is read waits
 * for that reading.
 */
internal class Shared<T : Any>(
    private val every: Duration,
    private val time: TimeSource = TimeSource.Monotonic,
    private val read: suspend () -> T,
) {
    private val reading = Mutex()
    private var last: T? = null
    private var readAt: TimeMark? = null

    suspend fun get(): T = reading.withLock {
        val isFresh = readAt?.let { it.elapsedNow() < every } ?: false
        last?.takeIf { isFresh } ?: read().also {
            last = it
            readAt = time.markNow()
        }
    }
}
