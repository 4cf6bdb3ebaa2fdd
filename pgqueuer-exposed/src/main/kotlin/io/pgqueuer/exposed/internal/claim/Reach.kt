package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.port.ClaimedJob

/**
 * How many jobs a claim reads, at most, of each of many [entrypoints].
 *
 * Together they should be about as many as the claim leases, and nobody knows beforehand whose jobs come first. So this
 * follows what claims find. If one ends early because it has read too few jobs of an entrypoint, the next one reads
 * twice as many of it. If one reads far more jobs than it needs, the next one reads half as many of those entrypoints
 * that gave few.
 */
internal class Reach(
    private val entrypoints: List<String>,
) {
    private val numbers = entrypoints.withIndex().associate { (index, name) -> name to index }
    private val most = IntArray(entrypoints.size) { FIRST }

    /** How many jobs to read of each entrypoint, in their order. */
    @Synchronized
    fun most(): SqlArray = SqlArray("int", most.toTypedArray())

    /**
     * Learns from a claim of at most [limit] jobs.
     *
     * @param leased the jobs that it leased.
     * @param read how many jobs it read.
     * @param cutBy the entrypoint at whose last job it ended early, counted from 1; null if it did not.
     */
    @Synchronized
    fun learn(limit: Int, leased: List<ClaimedJob>, read: Int, cutBy: Int?) {
        val readTooMany = read > MOST_PER_JOB * maxOf(limit, entrypoints.size)
        if (cutBy == null && !readTooMany) return
        val given = IntArray(most.size)
        for (job in leased) numbers[job.job.entrypoint]?.let { given[it]++ }
        for (index in most.indices) {
            val isSpent = given[index] >= most[index] || index + 1 == cutBy
            if (cutBy != null && isSpent) {
                most[index] = (most[index] * 2).coerceAtMost(LARGEST)
            } else if (readTooMany && given[index] < most[index] / 2) {
                most[index] = (most[index] / 2).coerceAtLeast(SMALLEST)
            }
        }
    }

    private companion object {
        const val FIRST = 32

        /** Of two jobs, the second shows that there may be more; the first can be leased. */
        const val SMALLEST = 2
        const val LARGEST = 1 shl 30
        const val MOST_PER_JOB = 3
    }
}
