package io.pgqueuer

import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Reads the state of a queue for all who show it, at most once per [interval]. Made by [Backend.snapshotReader].
 *
 * However many ask, the store is read once: callers share the reading that is on its way, and then its result until
 * [interval] has passed.
 */
public interface SnapshotReader : AutoCloseable {
    /** How long a reading is used, counted from its end. */
    public val interval: Duration

    /** The last reading that succeeded; null before the first one. It stays if later readings fail. */
    public val last: QueueSnapshot?

    /** Why the newest reading failed; null if it succeeded, and before the first one. */
    public val lastFailure: SnapshotFailure?

    /**
     * How long ago the [last] reading ended; if there is none, how long ago this reader was made. If it grows, readings
     * fail or nobody asks.
     */
    public val age: Duration

    /**
     * Returns the newest reading if it ended less than [interval] ago, otherwise reads.
     *
     * If the newest reading failed, every call throws what it threw, until [interval] has passed. A caller that is
     * cancelled does not end the reading that others wait for.
     *
     * @throws StoreUnavailableException if the store cannot be reached.
     * @throws ViewTimeoutException if the store takes too long.
     * @throws IllegalStateException if this reader is closed, or its scope has ended.
     */
    public suspend fun read(): QueueSnapshot

    /** Ends the reading that is on its way, if any. Whoever waits for it gets an [IllegalStateException]. */
    override fun close()

    public companion object {
        /** How long a reading is used if nothing else is said: 10 s. */
        public val DEFAULT_INTERVAL: Duration = 10.seconds

        internal val SHORTEST_INTERVAL = 100.milliseconds
    }
}
