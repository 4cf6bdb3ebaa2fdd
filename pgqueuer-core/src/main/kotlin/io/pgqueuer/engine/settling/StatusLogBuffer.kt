package io.pgqueuer.engine.settling

import io.pgqueuer.StoreOperation
import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.forEachBatch
import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.port.Outcome
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import java.util.concurrent.atomic.AtomicInteger

/**
 * Writes outcomes in batches. Outcomes that arrive while a batch is being written form the next one. So a single
 * outcome is never delayed, and many share a statement.
 *
 * An outcome leaves the buffer only when it is written or its lease is gone.
 */
internal class StatusLogBuffer(
    context: EngineContext,
    private val writer: SettleWriter,
) {
    private val events = context.events
    private val backoff = context.backoff()
    private val entries = Channel<Unsettled>(Channel.UNLIMITED)
    private val unwritten = AtomicInteger()
    private val repair = SettleRepair(context, writer) { unwritten.addAndGet(-it) }

    /** Outcomes of limited entrypoints that are left to claims. They do not count as waiting here. */
    val forClaims = OutcomesForClaims(writer, ::write)

    /**
     * Whether so many outcomes wait that no more jobs should be claimed. Outcomes that cannot be written do not count.
     */
    val isFull: Boolean get() = unwritten.get() - repair.alone >= FULL

    /**
     * Adds the outcome of a run.
     *
     * @throws IllegalStateException after [close].
     */
    fun add(running: RunningJob, outcome: Outcome) {
        val unsettled = Unsettled(running, outcome)
        val isForClaim = running.isLimited && !rests(unsettled)
        if (!isForClaim || !forClaims.offer(unsettled)) write(unsettled)
    }

    private fun write(unsettled: Unsettled) {
        unwritten.incrementAndGet()
        val accepted = entries.trySend(unsettled).isSuccess
        check(accepted) { "it came after the worker had written its last outcome: $unsettled" }
    }

    /** Accepts no more outcomes. [run] returns after all that were added are settled. */
    fun close() {
        entries.close()
        repair.hurry()
    }

    suspend fun run() = coroutineScope {
        entries.forEachBatch(MAX_BATCH) { batch ->
            val ready = if (batch.any(::rests)) withoutResting(batch) else batch
            val remainder = if (ready.isEmpty()) null else writer.write(ready)
            unwritten.addAndGet((remainder?.outcomes?.size ?: 0) - ready.size)
            if (remainder == null) {
                backoff.reset()
            } else {
                val wait = backoff.next(remainder.cause)
                events.send(
                    WorkerEvent.StoreFailed(events.worker, StoreOperation.SETTLE_JOBS, remainder.cause, wait),
                )
                repair.launchIn(this, remainder.outcomes, wait, failures = 1)
                delay(wait)
            }
        }
    }

    private fun rests(one: Unsettled) = one.running.rest.isPositive()

    private fun CoroutineScope.withoutResting(batch: List<Unsettled>): List<Unsettled> {
        val (resting, ready) = batch.partition(::rests)
        resting.forEach { repair.launchIn(this, listOf(it), it.running.rest) }
        return ready
    }

    private companion object {
        const val MAX_BATCH = 1_000
        const val FULL = 2 * MAX_BATCH
    }
}
