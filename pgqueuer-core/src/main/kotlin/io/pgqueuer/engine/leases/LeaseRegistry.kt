package io.pgqueuer.engine.leases

import io.pgqueuer.JobId
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeMark

/** The jobs that this worker holds: those that run and those whose outcome is not written yet. */
internal class LeaseRegistry {
    private val held = ConcurrentHashMap<JobId, RunningJob>()
    private val activeCount = AtomicInteger()
    private val taken = Channel<Unit>(Channel.CONFLATED)

    private val questions = Channel<RunningJob>(Channel.UNLIMITED)

    /** Ids that notifications named and that were not held here while a claim was under way; null when none is. */
    @Volatile
    private var missed: MutableSet<JobId>? = null

    @Volatile
    private var lastDropped: TimeMark? = null

    /** Jobs whose lease may be gone, as a notification said: the store is to be asked. */
    val doubted: ReceiveChannel<RunningJob> get() = questions

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
     * A notification may overtake the answer of the claim that leased its job. It is remembered here until then, and
     * such jobs are passed to [ask].
     */
    suspend fun takeUp(
        ask: suspend (List<RunningJob>) -> Unit,
        claim: suspend () -> List<RunningJob>,
    ): List<RunningJob> {
        val named = ConcurrentHashMap.newKeySet<JobId>()
        missed = named
        try {
            val claimed = claim()
            claimed.forEach(::add)
            if (claimed.isNotEmpty()) taken.trySend(Unit)
            if (named.isNotEmpty()) ask(claimed.filter { it.job.id in named })
            return claimed
        } finally {
            missed = null
        }
    }

    /** A notification says that the job [id] was canceled. It is a hint: it may be stray, or of another queue. */
    fun doubt(id: JobId) {
        missed?.add(id)
        held[id]?.let(questions::trySend)
    }

    /** A lease was given up though the store may still hold it: its job is claimable once it expires. */
    fun dropped(running: RunningJob) {
        lastDropped = running.renewedAt
        remove(running)
    }

    /** How long until the last of the dropped leases expires; null when none is left. */
    fun untilDroppedExpire(leaseTimeout: Duration): Duration? {
        val left = lastDropped?.let { leaseTimeout + SLACK - it.elapsedNow() } ?: return null
        if (left.isPositive()) return left
        lastDropped = null
        return null
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

    private companion object {
        /** The store's clock starts to count a little later than this worker's. */
        val SLACK = 100.milliseconds
    }
}
