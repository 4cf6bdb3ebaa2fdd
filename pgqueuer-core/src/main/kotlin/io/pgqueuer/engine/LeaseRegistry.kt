package io.pgqueuer.engine

import io.pgqueuer.domain.JobId
import kotlinx.coroutines.channels.Channel
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger

/** The jobs that this worker holds: those that run and those whose outcome is not written yet. */
internal class LeaseRegistry {
    private val held = ConcurrentHashMap<JobId, RunningJob>()
    private val activeCount = AtomicInteger()
    private val taken = Channel<Unit>(Channel.CONFLATED)

    /** Ids of cancellations that met no job here while a claim was under way, or null when none is. */
    @Volatile
    private var missedCancellations: MutableSet<JobId>? = null

    /** How many jobs are claimed and not ended. */
    val active: Int get() = activeCount.get()

    val isEmpty: Boolean get() = held.isEmpty()

    fun all(): Collection<RunningJob> = held.values

    /** Returns once jobs are held; for one caller at a time. */
    suspend fun awaitHeld() {
        while (held.isEmpty()) taken.receive()
    }

    /**
     * Runs [claim] and takes up what it returns.
     *
     * A cancellation may overtake the answer of the claim that leased its job; it is applied here, not lost.
     */
    suspend fun takeUp(claim: suspend () -> List<RunningJob>): List<RunningJob> {
        val missed = ConcurrentHashMap.newKeySet<JobId>()
        missedCancellations = missed
        try {
            val claimed = claim()
            claimed.forEach(::add)
            if (claimed.isNotEmpty()) taken.trySend(Unit)
            claimed.forEach { if (it.job.id in missed) it.stop(StopReason.Canceled(it)) }
            return claimed
        } finally {
            missedCancellations = null
        }
    }

    /** Tells the handler of the job [id] that it was canceled. */
    fun canceled(id: JobId) {
        missedCancellations?.add(id)
        held[id]?.let { it.stop(StopReason.Canceled(it)) }
    }

    fun ended() {
        activeCount.decrementAndGet()
    }

    fun remove(running: RunningJob) {
        held.remove(running.job.id, running)
    }

    private fun add(running: RunningJob) {
        activeCount.incrementAndGet()
        // The old lease was lost without this worker's notice; it may even equal the new one after the server crashed.
        held.put(running.job.id, running)?.supersede()
    }
}
