package io.pgqueuer.engine.leases

import io.pgqueuer.JobId
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeMark

/** The jobs that this worker holds: those that run, and those whose outcome is not written yet. */
internal class LeaseRegistry {
    private val held = ConcurrentHashMap<JobId, RunningJob>()
    private val activeCount = AtomicInteger()
    private val taken = Channel<Unit>(Channel.CONFLATED)

    private val questions = Channel<RunningJob>(Channel.UNLIMITED)

    /**
     * Ids in notifications that arrived during a claim, and whether the store knows of the cancellation. Null if no
     * claim is running.
     */
    @Volatile
    private var missed: MutableMap<JobId, Boolean>? = null

    @Volatile
    private var lastDropped: TimeMark? = null

    /** Jobs whose lease may be gone, according to a notification. The store must be asked. */
    val doubted: ReceiveChannel<RunningJob> get() = questions

    /** How many jobs are claimed and unfinished. */
    val active: Int get() = activeCount.get()

    val isEmpty: Boolean get() = held.isEmpty()

    fun all(): Collection<RunningJob> = held.values

    /** Returns when jobs are held. Only one caller at a time may wait. */
    suspend fun awaitHeld() {
        while (held.isEmpty()) taken.receive()
    }

    /**
     * Runs [claim] and adds the jobs that it returns.
     *
     * A notification may arrive before the result of the claim that leased its job. It is remembered until the result
     * arrives. Such jobs are canceled, or passed to [ask] if the store can confirm it.
     */
    suspend fun takeUp(
        ask: suspend (List<RunningJob>) -> Unit,
        claim: suspend () -> List<RunningJob>,
    ): List<RunningJob> {
        val named: MutableMap<JobId, Boolean> = ConcurrentHashMap()
        missed = named
        try {
            val claimed = claim()
            claimed.forEach(::add)
            if (claimed.isNotEmpty()) taken.trySend(Unit)
            if (named.isNotEmpty()) {
                val (recorded, others) = claimed.filter { it.job.id in named }.partition { named[it.job.id] == true }
                others.forEach { it.stop(StopReason.Canceled(it)) }
                ask(recorded)
            }
            return claimed
        } finally {
            missed = null
        }
    }

    /**
     * A notification says that the job [id] was canceled. If [isRecorded], it is only a hint: it may be wrong, or belong
     * to another queue, and the store is asked.
     */
    fun canceled(id: JobId, isRecorded: Boolean) {
        missed?.put(id, isRecorded)
        val running = held[id] ?: return
        if (isRecorded) questions.trySend(running) else running.stop(StopReason.Canceled(running))
    }

    /** A lease was given up, but the store may still hold it. Its job can be claimed after the lease expires. */
    fun dropped(running: RunningJob) {
        lastDropped = running.renewedAt
        remove(running)
    }

    /** How long until the last of the dropped leases expires. Null if none is left. */
    fun untilDroppedExpire(leaseTimeout: Duration): Duration? {
        val left = lastDropped?.let { leaseTimeout + SLACK - it.elapsedNow() } ?: return null
        if (left.isPositive()) return left
        lastDropped = null
        return null
    }

    /** How long until the first of the held leases expires if it is not renewed. Null if none is held. */
    fun untilFirstExpires(leaseTimeout: Duration): Duration? =
        all().minOfOrNull { leaseTimeout - it.renewedAt.elapsedNow() }

    fun ended() {
        activeCount.decrementAndGet()
    }

    fun remove(running: RunningJob) {
        held.remove(running.job.id, running)
    }

    private fun add(running: RunningJob) {
        activeCount.incrementAndGet()
        // This worker lost the old lease without noticing. After a crash of the server it may even equal the new one.
        held.put(running.job.id, running)?.supersede()
    }

    private companion object {
        /** The store's clock starts counting a little later than this worker's clock. */
        val SLACK = 100.milliseconds
    }
}
