package io.pgqueuer.engine.leases

import io.pgqueuer.JobStatus
import io.pgqueuer.StoreOperation
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.engine.calls.forEachBatch
import io.pgqueuer.engine.calls.untilAnswered
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.slf4j.LoggerFactory
import kotlin.time.Duration
import kotlin.time.TimeMark

/**
 * Renews the leases of all jobs that this worker holds, in one statement. Stops the handlers of jobs whose lease is
 * lost. Costs nothing while no job is held.
 *
 * If a lease could not be renewed until its [RenewalDeadline], it counts as lost: another worker may soon have the job.
 */
internal class LeaseKeeper(
    context: EngineContext,
    private val registry: LeaseRegistry,
) {
    private val jobs = context.store.jobs
    private val insights = context.store.insights
    private val contact = context.contact
    private val events = context.events
    private val time = context.time
    private val backoff = context.backoff()
    private val leaseTimeout = context.options.heartbeatTimeout
    private val deadline = RenewalDeadline(leaseTimeout)
    private val renewing = Mutex()

    /** Leases were claimed that should be renewed already. */
    private val late = Channel<Unit>(Channel.CONFLATED)

    suspend fun run() = coroutineScope {
        launch { settleDoubts() }
        while (true) {
            registry.awaitHeld()
            pause()
            renewUntilDone()
        }
    }

    /**
     * Waits until the next renewal is due: for most jobs, an interval after the last one. The answer of a claim may have
     * been late. Then the renewal of its jobs is due sooner.
     */
    @OptIn(ExperimentalCoroutinesApi::class)
    private suspend fun pause() = select {
        onTimeout(
            live().filter(::isAtRisk).minOfOrNull {
                deadline.untilRenewal(it.renewedAt)
            } ?: deadline.interval,
        ) { }
        late.onReceive { }
    }

    /** Jobs were claimed by a statement that was sent at [asked]. */
    fun claimed(asked: TimeMark) {
        if (!deadline.untilRenewal(asked).isPositive()) late.trySend(Unit)
    }

    /** Stops [running], which has not started, if its lease may have expired: its worker was stalled. */
    fun stopIfOverdue(running: RunningJob) {
        if (!isOverdue(running)) return
        log.warn("the lease of {} may have expired before its handler could start: it is not started", running)
        running.stop(StopReason.Overdue(running))
    }

    /** Whether the lease of a handler may have expired: this process was stopped, or a renewal hangs. */
    fun isAnyOverdue(): Boolean = live().any { isAtRisk(it) && isOverdue(it) }

    /** Renews all leases once. Throws what the store throws. */
    suspend fun renewAll() {
        val known = live()
        if (known.isEmpty()) return
        // The bound includes the wait for another renewal, which may hang.
        answeredWithin(deadline.bound(untilOverdue(known)), "renew ${known.size} leases") {
            renewing.withLock {
                val held = live()
                held.chunked(MAX_LEASES_PER_STATEMENT).forEach { renew(it) }
                if (held.isNotEmpty()) contact.confirmed()
            }
        }
    }

    private suspend fun renewUntilDone() = coroutineScope {
        // A worker that was stalled may still try once.
        val overdue = live().filter { isAtRisk(it) && isOverdue(it) }.toSet()
        // The renewal leaves out what is claimed while it is on its way.
        val watch = launch {
            while (true) {
                delay(deadline.looksEach)
                stopOverdue(except = overdue)
            }
        }
        var failed = false
        events.untilAnswered(
            StoreOperation.RENEW_LEASES,
            backoff,
            onFailure = {
                failed = true
                longestWait()
            },
        ) {
            // The wait may have lasted until the deadline. The next try may hang, and must not delay the stop.
            if (failed) stopOverdue()
            renewAll()
        }
        watch.cancel()
    }

    /** Called after a failed renewal. Returns how long the next one may wait, or null if none is needed any more. */
    private fun longestWait(): Duration? {
        contact.lost()
        stopOverdue()
        val held = live()
        return if (held.isEmpty()) null else minOf(deadline.interval, untilOverdue(held))
    }

    private fun untilOverdue(held: List<RunningJob>): Duration =
        held.filter(::isAtRisk).minOfOrNull { deadline.left(it.renewedAt) } ?: Duration.INFINITE

    /**
     * Whether the handler runs and must be stopped in time. If it completes the job in a transaction, the commit
     * decides.
     */
    private fun isAtRisk(running: RunningJob): Boolean =
        !running.completing && !running.ended && running.stopReason == null

    private fun isOverdue(running: RunningJob): Boolean = !deadline.left(running.renewedAt).isPositive()

    private fun stopOverdue(except: Set<RunningJob> = emptySet()) {
        for (running in live().filter { isAtRisk(it) && isOverdue(it) }) {
            if (running in except) continue
            log.warn("the lease of {} could not be renewed for {}: its handler is cancelled", running, deadline.longest)
            running.stop(StopReason.Overdue(running))
        }
    }

    private fun live(): List<RunningJob> = registry.all().filterNot(RunningJob::leaseGone)

    private suspend fun renew(held: List<RunningJob>) {
        val asked = time.markNow()
        val renewal = jobs.renew(held.map(RunningJob::lease))
        held.forEach { if (it.lease in renewal.held) it.renewedAt = asked }
        if (renewal.canceled.isNotEmpty()) {
            held.forEach { if (it.lease in renewal.canceled) it.stop(StopReason.Canceled(it)) }
        }
        if (renewal.held.size == held.size) return
        // If the outcome was written in the meantime, the job has ended or its handler wrote the outcome: nothing to
        // stop.
        stop(held.filter { it.lease !in renewal.held && !it.completing && !it.ended })
    }

    private suspend fun stop(lost: List<RunningJob>) {
        if (lost.isEmpty()) return
        val statuses = attempt {
            answeredWithin(leaseTimeout / 10, "tell why leases are gone") {
                insights.lastStatuses(lost.map { it.job.id })
            }
        }.getOrElse {
            log.debug("cannot tell why {} leases are gone", lost.size, it)
            emptyMap()
        }
        lost.forEach { it.loseLease(canceled = statuses[it.job.id] == JobStatus.CANCELED) }
    }

    private suspend fun settleDoubts() = registry.doubted.forEachBatch(MAX_LEASES_PER_STATEMENT, ::ask)

    /**
     * A notification says that the jobs of [doubted] were canceled. Asks the store for which of them that is true, and
     * stops those handlers. If the store cannot answer, the next renewal finds out.
     */
    suspend fun ask(doubted: List<RunningJob>) {
        val held = doubted.filterNot { it.leaseGone || it.ended }
        if (held.isEmpty()) return
        attempt { answeredWithin(deadline.interval, "tell which leases are gone") { renew(held) } }.onFailure {
            log.warn("cannot ask whether {} jobs were canceled, the next renewal will tell: {}", held.size, "$it")
        }
    }

    private companion object {
        const val MAX_LEASES_PER_STATEMENT = 10_000
        val log = LoggerFactory.getLogger(LeaseKeeper::class.java)
    }
}
