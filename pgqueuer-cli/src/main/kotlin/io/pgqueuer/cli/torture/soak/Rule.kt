package io.pgqueuer.cli.torture.soak

import kotlin.time.Duration

/** When a quantity is too large. */
internal sealed interface Rule {
    /**
     * Its median may grow by a [share] of itself and by [floor].
     *
     * @property settlesWithin how long it may grow at first, in a new queue.
     */
    class NoGrowth(
        val share: Double,
        val floor: Long,
        val settlesWithin: Duration = Duration.ZERO,
    ) : Rule

    /** It is less than [limit], always. */
    class Below(
        val limit: Long,
    ) : Rule

    /** It is recorded only. */
    data object None : Rule
}
