package io.pgqueuer.engine.settling

import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.Settlement

/**
 * Outcomes that the next claim writes, in its own step.
 *
 * While an entrypoint is at its concurrency limit, a claim finds jobs only when others have ended. If it also writes
 * these ends, the next job starts one round trip sooner. Nothing is left here unless a claim follows: the fetcher
 * [opens][open] this while each end wakes it, and [closes][close] it before it does anything else.
 *
 * @param elsewhere writes an outcome without a claim.
 */
internal class OutcomesForClaims(
    private val writer: SettleWriter,
    private val elsewhere: (Unsettled) -> Unit,
) {
    private val waiting = ArrayDeque<Unsettled>()
    private var isOpen = false

    /** How many outcomes were offered while no claim was to follow. Their slots are freed for all workers. */
    @get:Synchronized
    var notLeft = 0L
        private set

    /** A claim follows the end of each job, until [close]. */
    @Synchronized
    fun open() {
        isOpen = true
    }

    /** No claim follows. What waits for one is written without it. */
    @Synchronized
    fun close() {
        isOpen = false
        while (waiting.isNotEmpty()) elsewhere(waiting.removeFirst())
    }

    /** As [close], if [block] fails: it may be long until the next claim. */
    inline fun <T> closeOnFailure(block: () -> T): T = try {
        block()
    } catch (e: Throwable) {
        close()
        throw e
    }

    /** Returns whether [outcome] is left to a claim. */
    @Synchronized
    fun offer(outcome: Unsettled): Boolean {
        if (isOpen) waiting += outcome else notLeft++
        return isOpen
    }

    /**
     * Runs [claim] with the outcomes that wait. Those that it does not write, or may not have written, are written
     * [elsewhere], which finds out what became of them.
     */
    suspend fun writtenBy(claim: suspend (List<Settlement>) -> ClaimBatch): ClaimBatch {
        val sent = take()
        val batch = try {
            claim(sent.map { Settlement(it.running.lease, it.outcome) })
        } catch (e: Throwable) {
            sent.forEach {
                it.sent = true
                elsewhere(it)
            }
            throw e
        }
        if (sent.isNotEmpty()) {
            val (written, refused) = sent.partition { it.running.lease in batch.settled }
            writer.writtenByClaim(written)
            refused.forEach(elsewhere)
        }
        return batch
    }

    @Synchronized
    private fun take(): List<Unsettled> {
        if (waiting.isEmpty()) return emptyList()
        val taken = List(minOf(waiting.size, MOST)) { waiting.removeFirst() }
        val (gone, live) = taken.partition { it.running.leaseGone }
        gone.forEach(elsewhere)
        return live
    }

    private companion object {
        const val MOST = 1_000
    }
}
