package io.pgqueuer.engine.leases

import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.StoreOperation
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.engine.calls.forEachBatch
import io.pgqueuer.engine.calls.renewalBound
import io.pgqueuer.engine.calls.untilAnswered
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.slf4j.LoggerFactory
import kotlin.time.Duration
import kotlin.time.TimeSource

/**
 * Renews the leases of all jobs that this worker holds, in one statement. Stops the handlers of jobs whose lease is
 * lost. Costs nothing while no job is held.
 *
 * If a lease could not be renewed for the lease timeout, by this worker's own clock, it counts as lost: another worker
 * may have the job.
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

    // A third, so that a failed renewal can be tried again before the lease expires.
    private val interval = leaseTimeout / 3
    private val renewing = Mutex()

    suspend fun run() = coroutineScope {
        launch { settleDoubts() }
        while (true) {
            registry.awaitHeld()
            delay(interval)
            renewUntilDone()
        }
    }

    /** Renews all leases once. Throws what the store throws. */
    suspend fun renewAll() {
        renewing.withLock {
            val held = live()
            if (held.isEmpty()) return
            answeredWithin(renewalBound(untilOverdue(held), leaseTimeout), "renew ${held.size} leases") {
                held.chunked(MAX_LEASES_PER_STATEMENT).forEach { renew(it) }
            }
            contact.confirmed()
        }
    }

    private suspend fun renewUntilDone() {
        events.untilAnswered(StoreOperation.RENEW_LEASES, backoff, onFailure = { longestWait() }) { renewAll() }
    }

    /** Called after a failed renewal. Returns how long the next one may wait, or null if none is needed any more. */
    private fun longestWait(): Duration? {
        contact.lost()
        stopOverdue()
        val held = live()
        return if (held.isEmpty()) null else minOf(interval, untilOverdue(held))
    }

    private fun untilOverdue(held: List<RunningJob>): Duration =
        held.filter(::isAtRisk).minOfOrNull(::untilOverdue) ?: Duration.INFINITE

    private fun untilOverdue(running: RunningJob): Duration = leaseTimeout - running.renewedAt.elapsedNow()

    /**
     * Whether the handler runs and must be stopped in time. If it completes the job in a transaction, the commit
     * decides.
     */
    private fun isAtRisk(running: RunningJob): Boolean =
        !running.completing && !running.ended && running.stopReason == null

    private fun stopOverdue() {
        for (running in live().filter(::isAtRisk)) {
            if (untilOverdue(running).isPositive()) continue
            log.warn("the lease of {} could not be renewed for {}: its handler is cancelled", running, leaseTimeout)
            running.stop(StopReason.Overdue(running))
        }
    }

    private fun live(): List<RunningJob> = registry.all().filterNot(RunningJob::leaseGone)

    private suspend fun renew(held: List<RunningJob>) {
        val asked = time.markNow()
        val renewed: Set<Lease> = jobs.renew(held.map(RunningJob::lease))
        held.forEach { if (it.lease in renewed) it.renewedAt = asked }
        if (renewed.size == held.size) return
        // If the outcome was written in the meantime, the job has ended or its handler wrote the outcome: nothing to
        // stop.
        stop(held.filter { it.lease !in renewed && !it.completing && !it.ended })
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
        for (running in lost) {
            val canceled = statuses[running.job.id] == JobStatus.CANCELED
            running.stop(if (canceled) StopReason.Canceled(running) else StopReason.LeaseLost(running))
        }
    }

    private suspend fun settleDoubts() = registry.doubted.forEachBatch(MAX_LEASES_PER_STATEMENT, ::ask)

    /**
     * A notification named the leases of [doubted]. Asks the store which of them are gone, and stops those handlers. If
     * the store cannot answer, the next renewal finds out.
     */
    suspend fun ask(doubted: List<RunningJob>) {
        val held = doubted.filterNot { it.leaseGone || it.ended }
        if (held.isEmpty()) return
        attempt { answeredWithin(interval, "tell which leases are gone") { renew(held) } }.onFailure {
            log.warn("cannot ask whether {} jobs were canceled, the next renewal will tell: {}", held.size, "$it")
        }
    }

    private companion object {
        const val MAX_LEASES_PER_STATEMENT = 10_000
        val log = LoggerFactory.getLogger(LeaseKeeper::class.java)
    }
}
