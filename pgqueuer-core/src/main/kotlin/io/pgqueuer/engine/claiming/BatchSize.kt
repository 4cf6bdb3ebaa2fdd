package io.pgqueuer.engine.claiming

/**
 * How many jobs to claim at once: the [fixed] number, else one that follows the load.
 *
 * A small batch keeps no job from other workers while handlers are slow; a large one saves most of what a claim costs
 * where they are quick. Which they are shows when a claim comes back: by how many of the jobs before it still run.
 */
internal class BatchSize(
    private val fixed: Int?,
) {
    var current: Int = fixed ?: SMALLEST
        private set

    /** A claim of [asked] jobs came back with [claimed], while [unfinished] of the jobs before them still ran. */
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
