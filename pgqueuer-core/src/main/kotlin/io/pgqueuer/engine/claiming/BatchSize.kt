package io.pgqueuer.engine.claiming

/**
 * How many jobs to claim at once: the [fixed] number, otherwise a number that follows the load.
 *
 * If handlers are slow, a small batch leaves jobs to other workers. If handlers are quick, a large batch saves most of
 * the cost of claims. When a claim returns, the number of earlier jobs that still run shows which case applies.
 */
internal class BatchSize(
    private val fixed: Int?,
) {
    var current: Int = fixed ?: SMALLEST
        private set

    /**
     * Records that a claim of [asked] jobs returned [claimed], while [unfinished] of the earlier jobs were still
     * running.
     */
    fun adapt(asked: Int, claimed: Int, unfinished: Int) {
        if (fixed != null) return
        if (unfinished > current) {
            current = (current / 2).coerceAtLeast(SMALLEST)
        } else if (claimed == asked && unfinished <= current / 4) {
            current = (current * 2).coerceAtMost(LARGEST)
        }
    }

    private companion object {
        const val SMALLEST = 10
        const val LARGEST = 500
    }
}
