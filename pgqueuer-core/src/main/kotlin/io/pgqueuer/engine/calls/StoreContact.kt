package io.pgqueuer.engine.calls

import kotlin.time.Duration
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Whether this worker is in contact with the store, and since when.
 *
 * After an outage that lasted longer than the lease timeout, all leases have expired, even those of healthy workers. If
 * the first worker to reconnect took them over, every job would start twice. So a worker that has just reached the
 * store, at its start or after an outage, leaves expired leases alone for [grace]. By then every healthy worker has
 * tried at least once to renew its own leases.
 */
internal class StoreContact(
    private val time: TimeSource,
    leaseTimeout: Duration,
) {
    private val grace = leaseTimeout / 2

    @Volatile
    private var since: TimeMark? = null

    /** Whether the last statement failed, or none has been answered yet. */
    val isLost: Boolean get() = since == null

    @Volatile
    private var asked: TimeMark? = null

    /** Records that this worker claims jobs or asks what waits while [call] runs, so that a hanging call is noticed. */
    suspend fun <T> whileAsking(call: suspend () -> T): T {
        asked = time.markNow()
        try {
            return call()
        } finally {
            asked = null
        }
    }

    /** Whether the last call was answered, and no call of [whileAsking] has been hanging for longer than [patience]. */
    fun isHealthy(patience: Duration): Boolean = since != null && (asked?.elapsedNow() ?: Duration.ZERO) < patience

    fun confirmed() {
        if (since == null) since = time.markNow()
    }

    fun lost() {
        since = null
    }

    /** How long expired leases must still be left alone. */
    val graceLeft: Duration
        get() = since?.let { (grace - it.elapsedNow()).coerceAtLeast(Duration.ZERO) } ?: grace
}
