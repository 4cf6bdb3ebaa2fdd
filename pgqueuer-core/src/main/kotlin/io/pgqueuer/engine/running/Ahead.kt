package io.pgqueuer.engine.running

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * How many jobs a worker holds beyond those that it can run at once, while its handlers are quick. Otherwise none, so
 * that other workers can take them.
 *
 * Few handlers that are quick would need many small claims. Whether they are quick shows when a claim returns: by how
 * many of the earlier jobs have not ended.
 *
 * @param tasks how many handlers run at once.
 */
internal class Ahead(
    private val tasks: Int,
    private val isUsed: Boolean,
) {
    @Volatile
    var current: Int = 0
        private set

    /** How many jobs there must be room for before the next claim. Until then, enough jobs wait for all handlers. */
    val enough: Int get() = (current / 2).coerceAtLeast(1)

    /** How long a job may wait in the worker before it is given back. */
    val patience: Duration = if (isUsed) LONGEST_WAIT else Duration.INFINITE

    /**
     * Records that a claim of [asked] jobs returned [claimed], while [unfinished] of the earlier jobs had not ended.
     */
    fun adapt(asked: Int, claimed: Int, unfinished: Int) {
        if (!isUsed) return
        if (unfinished > tasks) {
            current /= 2
        } else if (claimed == asked && unfinished <= tasks / 4) {
            current = (current * 2).coerceAtLeast(tasks).coerceAtMost(LARGEST)
        }
    }

    /** Handlers have become slow: jobs were given back. */
    fun end() {
        current = 0
    }

    private companion object {
        const val LARGEST = 500
        val LONGEST_WAIT = 1.seconds
    }
}
