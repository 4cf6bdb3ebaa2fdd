package io.pgqueuer.engine

import io.pgqueuer.domain.Outcome
import io.pgqueuer.domain.Settlement
import io.pgqueuer.domain.StoreUnavailableException
import io.pgqueuer.port.JobRepository
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import org.slf4j.LoggerFactory
import java.util.concurrent.atomic.AtomicInteger

/**
 * Writes outcomes in batches: whatever gathers while one batch is being written makes the next, so that a lone outcome
 * waits for nothing and many share a statement.
 *
 * An outcome leaves only once it is written or its lease is gone.
 */
internal class StatusLogBuffer(
    private val jobs: JobRepository,
    private val registry: LeaseRegistry,
    private val tally: Tally,
    private val backoff: Backoff,
    private val onSettled: (jobs: Int) -> Unit,
) {
    private class Entry(
        val running: RunningJob,
        val outcome: Outcome,
    )

    private val entries = Channel<Entry>(Channel.UNLIMITED)
    private val unwritten = AtomicInteger()

    /** Whether so much waits to be written that no more jobs should be claimed. */
    val isFull: Boolean get() = unwritten.get() >= FULL

    fun add(running: RunningJob, outcome: Outcome) {
        unwritten.incrementAndGet()
        entries.trySend(Entry(running, outcome))
    }

    /** Accepts no more; [run] returns once all that was added is settled. */
    fun close() {
        entries.close()
    }

    suspend fun run() = entries.forEachBatch(MAX_BATCH, ::write)

    private suspend fun write(batch: List<Entry>) {
        var rejections = 0
        while (true) {
            val (gone, live) = batch.partition { it.running.leaseGone }
            if (gone.isNotEmpty()) {
                gone.forEach(::lost)
                onSettled(gone.size)
            }
            if (live.isEmpty()) return
            try {
                val settled = jobs.settle(live.map { Settlement(it.running.lease, it.outcome) })
                backoff.reset()
                live.forEach { if (it.running.lease in settled) written(it) else lost(it) }
                return onSettled(live.size)
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                if (e !is StoreUnavailableException) {
                    // One outcome that the store refuses must not keep the others from being written.
                    if (live.size > 1) return live.chunked((live.size + 1) / 2).forEach { write(it) }
                    if (++rejections == MAX_REJECTIONS) return abandon(live.single(), e)
                }
                val wait = backoff.next(e)
                log.warn("cannot write {} outcomes, next try in {}: {}", live.size, wait, e.toString())
                delay(wait)
            }
        }
    }

    private fun written(entry: Entry) {
        if (entry.running.completing) log.warn("{} was completed in a transaction that did not commit", entry.running)
        tally.count(entry.outcome)
        settled(entry, written = true)
    }

    private fun lost(entry: Entry) {
        if (entry.running.completing) {
            // The handler's own transaction wrote the end of the job.
            tally.count(Outcome.Succeeded)
            return settled(entry, written = true)
        }
        log.warn(
            "{} lost its lease before its outcome was written ({}); it is refused",
            entry.running,
            entry.outcome::class.simpleName,
        )
        tally.leaseLost()
        settled(entry, written = false)
    }

    /** Lets the lease expire, so that the job is taken over and held in the end, instead of keeping it for ever. */
    private fun abandon(entry: Entry, cause: Exception) {
        log.error("the store refuses the outcome of {}; it is left to expire: {}", entry.running, entry.outcome, cause)
        tally.leaseLost()
        settled(entry, written = false)
        onSettled(1)
    }

    private fun settled(entry: Entry, written: Boolean) {
        registry.remove(entry.running)
        unwritten.decrementAndGet()
        entry.running.onSettled?.invoke(written)
    }

    private companion object {
        const val MAX_BATCH = 1_000
        const val FULL = 2 * MAX_BATCH
        const val MAX_REJECTIONS = 5
        val log = LoggerFactory.getLogger(StatusLogBuffer::class.java)
    }
}
