package io.pgqueuer.engine.claiming

import io.pgqueuer.RunMode
import io.pgqueuer.StoreOperation
import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.calls.ClaimCalls
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.engine.leases.LeaseKeeper
import io.pgqueuer.engine.leases.LeaseRegistry
import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.engine.running.Ahead
import io.pgqueuer.engine.running.Entrypoints
import io.pgqueuer.engine.settling.StatusLogBuffer
import io.pgqueuer.engine.threads.cancellations
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.Waiting
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeMark

/**
 * Claims jobs while this worker has room for them. If there is nothing to claim, waits for a wake-up, the next due time
 * or the poll interval.
 */
internal class JobFetcher(
    private val context: EngineContext,
    private val entrypoints: Entrypoints,
    private val registry: LeaseRegistry,
    private val keeper: LeaseKeeper,
    private val buffer: StatusLogBuffer,
    private val schedulesIdle: () -> Boolean,
    maxConcurrentTasks: Int,
    private val ahead: Ahead,
    private val deliver: (List<RunningJob>) -> Unit,
) {
    private val options = context.options
    private val contact = context.contact
    private val stop = context.stop
    private val wakeUps = context.wakeUps
    private val calls = ClaimCalls(StoreOperation.CLAIM_JOBS, context)
    private val draining = options.mode == RunMode.DRAIN

    /**
     * How many jobs may be claimed and unfinished, without those that are claimed [ahead]. If the sum exceeds Int, only
     * the number of tasks is a limit.
     */
    private val most = minOf(maxConcurrentTasks.toLong() + options.prefetch, Int.MAX_VALUE.toLong()).toInt()

    /** Whether the end of a job, here or in another worker, may let another job run or end a drain. */
    private val endsMatter = draining || entrypoints.areLimited

    private val outcomes = buffer.forClaims
    private val turn = Turn(context.time, outcomes::notLeft)

    private val patience = Patience(
        context.worker,
        // A drain ends when its own claim finds nothing.
        kind = if (draining) null else Patience.kindOf(entrypoints.names, options.heartbeatTimeout),
        context.time,
        context.runtime.random,
        isBusy = { registry.active > minOf(MANY_JOBS, most / 2) },
    )
    private val reports = Reports(context)

    private val batchSize = BatchSize(options.batchSize)

    /** How long to leave jobs alone that are due but cannot be leased. Grows as long as they cannot be leased. */
    private var blockedWait = Duration.ZERO

    private var lastClaim: TimeMark? = null
    private val takeovers = Takeovers(options.heartbeatTimeout, context.time)

    /** Returns when a stop is requested, or when nothing is left in a drain. */
    suspend fun run() = coroutineScope {
        val reporting = launch { reports.run() }
        try {
            claimAll()
        } finally {
            reporting.cancel()
            outcomes.close()
        }
    }

    private suspend fun claimAll() {
        while (true) {
            val room = awaitRoom() ?: return
            val heldNothing = registry.isEmpty
            val quiet = heldNothing && schedulesIdle()
            val limit = minOf(room, batchSize.current)
            wakeUps.hearNews(patience::hear)
            // The first job after a wait starts earlier if its claim need not tell what waits.
            val request = request(limit, tellsWaiting = endsMatter || !patience.expectsJobs)
            patience.claiming()
            val (claimed, told) = claim(request) ?: continue
            patience.claimed(claimed.size)
            // First, as the outcomes of these jobs will make it wait for the disk.
            report(told)
            val unfinished = registry.active - claimed.size
            batchSize.adapt(limit, claimed.size, unfinished)
            ahead.adapt(limit, claimed.size, unfinished)
            if (claimed.isNotEmpty()) {
                context.events.sendIfObserved { WorkerEvent.JobsClaimed(context.worker, claimed.map { it.job }) }
                deliver(claimed)
            }
            val waiting = if (told == Waiting.Untold && claimed.size < limit) tell(request) ?: continue else told
            takeovers.left(waiting)
            if (waiting is Waiting.Seen) {
                // A job that is due but not queued has an expired lease. It is taken over after the grace.
                if (draining && quiet && claimed.isEmpty() && !waiting.queued && !waiting.due) return
                // The claim itself wrote the last outcome.
                if (draining && !heldNothing && registry.isEmpty) continue
                idle(waiting, progress = claimed.isNotEmpty())
            }
        }
    }

    /** Returns how many jobs may be claimed, or null if a stop is requested. */
    private suspend fun awaitRoom(): Int? {
        while (!stop.requested) {
            val room = most - registry.active + ahead.current
            if (room >= ahead.enough && !buffer.isFull) return room
            wakeUps.awaitFreed()
        }
        return null
    }

    private fun request(limit: Int, tellsWaiting: Boolean) = ClaimRequest(
        context.worker,
        entrypoints.targets,
        limit,
        options.heartbeatTimeout,
        options.maxRescues,
        tellsWaiting = tellsWaiting,
    )

    /** Returns null when the claim failed, after a wait. */
    private suspend fun claim(request: ClaimRequest): Pair<List<RunningJob>, Waiting>? = calls.call {
        outcomes.closeOnFailure { claimNow(request) }
    }

    private suspend fun claimNow(request: ClaimRequest): Pair<List<RunningJob>, Waiting> {
        // After an outage, or after this process was stopped, renew its own leases first: otherwise it would lose its
        // own jobs or take them over.
        if (contact.isLost || (mayHaveStalled() && keeper.isAnyOverdue())) keeper.renewAll()
        lastClaim = context.time.markNow()
        return contact.whileAsking { claimOnce(request) }
    }

    /** Most claims come soon after another one, and need not look at all leases. */
    private fun mayHaveStalled() = lastClaim?.let { it.elapsedNow() >= options.heartbeatTimeout / 2 } ?: false

    private suspend fun claimOnce(wanted: ClaimRequest): Pair<List<RunningJob>, Waiting> {
        // Decided after the renewal, which may have ended an outage.
        val takeOver = contact.graceLeft == Duration.ZERO && takeovers.isNext
        val request = wanted.copy(takeOver = takeOver)
        return answeredWithin(options.storeTimeout, "answer a claim") {
            val asked = context.time.markNow()
            lateinit var waiting: Waiting
            val claimed = registry.takeUp(keeper::ask) {
                val batch = outcomes.writtenBy { ended ->
                    if (ended.isNotEmpty()) turn.goesOn()
                    context.store.jobs.claim(if (ended.isEmpty()) request else request.copy(ended = ended))
                }
                waiting = batch.waiting
                if (takeOver) takeovers.looked()
                batch.held.forEach {
                    context.events.send(WorkerEvent.JobHeldByClaim(context.worker, it.id, it.entrypoint))
                }
                batch.jobs.map { RunningJob(it, entrypoints[it.job.entrypoint], asked, context.runtime.cancellations) }
            }
            if (claimed.isNotEmpty()) keeper.claimed(asked)
            claimed to waiting
        }
    }

    /** Returns what waits after the claim of [request], or null when the store failed, after a wait. */
    private suspend fun tell(request: ClaimRequest): Waiting.Seen? = calls.call {
        contact.whileAsking {
            answeredWithin(options.storeTimeout, "tell what waits") { context.store.jobs.waiting(request) }
        }
    }?.also(::report)

    private suspend fun idle(seen: Waiting.Seen, progress: Boolean) {
        blockedWait = when {
            !seen.due -> Duration.ZERO
            progress -> AFTER_PROGRESS
            else -> (blockedWait * 2).coerceAtLeast(SHORTEST_BLOCKED_WAIT)
        }
        val grace = contact.graceLeft.takeIf { it.isPositive() }
        val waits = listOfNotNull(
            options.dequeueTimeout,
            blockedWait.takeIf { seen.due },
            grace.takeIf { seen.due },
            registry.untilDroppedExpire(options.heartbeatTimeout),
        )
        if (entrypoints.areLimited && seen.due) {
            if (registry.all().none { it.isLimited }) turn.isAwaited()
            if (turn.isOver()) outcomes.close() else outcomes.open()
        } else {
            outcomes.close()
        }
        patience.waiting(waits.min(), seen.nextDue, isBlocked = seen.due)
        wakeUps.awaitWork(patience::left, patience::hear) {
            stop.requested || (seen.due && endsMatter) || (draining && registry.isEmpty)
        }
        turn.giveWay()
    }

    /** Tells other workers if they need not claim for now. They also look after the jobs of this one. */
    private fun report(waiting: Waiting) {
        if (waiting !is Waiting.Seen || waiting.due) return
        wakeUps.hearNews(patience::hear)
        val report = patience.report {
            listOfNotNull(
                waiting.nextDue,
                registry.untilFirstExpires(options.heartbeatTimeout),
                registry.untilDroppedExpire(options.heartbeatTimeout),
            ).minOrNull()
        }
        report?.let(reports::send)
    }

    private companion object {
        /** A worker that runs more jobs leaves the next ones to others. */
        const val MANY_JOBS = 10

        val AFTER_PROGRESS = 10.milliseconds

        /**
         * When one job wakes many idle workers, most of them find it locked by another worker's claim. When that claim
         * has ended, they receive a notification, or there is nothing to do. An early second look would only add load.
         */
        val SHORTEST_BLOCKED_WAIT = 100.milliseconds
    }
}
