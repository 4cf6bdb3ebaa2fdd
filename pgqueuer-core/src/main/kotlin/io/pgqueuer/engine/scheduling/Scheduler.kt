package io.pgqueuer.engine.scheduling

import io.pgqueuer.JobStatus
import io.pgqueuer.RunMode
import io.pgqueuer.StoreOperation
import io.pgqueuer.engine.calls.ClaimCalls
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.port.ScheduleBatch
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** Claims schedules that are due and starts their runs. */
internal class Scheduler(
    private val context: EngineContext,
    private val schedules: ServedSchedules,
    private val runs: ScheduleRuns,
) {
    private val options = context.options
    private val contact = context.contact
    private val stop = context.stop
    private val wakeUps = context.wakeUps
    private val calls = ClaimCalls(StoreOperation.CLAIM_SCHEDULES, context)
    private val idle = MutableStateFlow(schedules.targets.isEmpty())
    private val draining = options.mode == RunMode.DRAIN

    /** Whether to look again, after the grace, at a run of another worker that may be dead or alive. */
    private var mayTakeOver = false

    /** Whether the last look found no schedule that is due or running here. */
    val isIdle: Boolean get() = idle.value

    suspend fun awaitIdle() {
        idle.first { it }
    }

    /** Returns when a stop is requested. */
    suspend fun run() {
        if (schedules.targets.isEmpty()) return
        while (!stop.requested) {
            val asked = context.time.markNow()
            val batch = claim() ?: continue
            batch.runs.forEach { runs.start(it, asked) }
            // A claim that leased schedules does not say what is due next: look again.
            if (batch.runs.isNotEmpty()) continue
            if (runs.isEmpty && batch.nextDue != Duration.ZERO && !mayTakeOver) {
                idle.value = true
                // A drain waits for the runs, and must see the jobs that they enqueued.
                wakeUps.work()
            }
            val wait = if (mayTakeOver) {
                contact.graceLeft.coerceAtLeast(SHORTEST_WAIT)
            } else {
                waitFor(batch.nextDue ?: Duration.INFINITE)
            }
            wakeUps.awaitSchedules(wait)
        }
    }

    /**
     * How long to wait for the next schedule, which is due [nextDue] from now.
     *
     * Long waits are split into steps, each half of the remaining time. The schedule may be due sooner by the store's
     * clock, and there may be no notification when another worker gives a run back.
     */
    private fun waitFor(nextDue: Duration): Duration {
        val step = (nextDue / 2).coerceAtMost(LONGEST_STEP).coerceAtLeast(options.dequeueTimeout)
        val grace = contact.graceLeft.takeIf { it.isPositive() } ?: Duration.INFINITE
        return minOf(nextDue, step, grace).coerceAtLeast(SHORTEST_WAIT)
    }

    /** Returns null when the claim failed, after a wait. */
    private suspend fun claim(): ScheduleBatch? = calls.call {
        // While expired leases must be left alone, no lease is old enough to be taken over.
        val leaseTimeout = options.heartbeatTimeout.takeUnless { contact.graceLeft.isPositive() } ?: Duration.INFINITE
        answeredWithin(options.storeTimeout, "answer a claim of schedules") {
            context.store.schedules.claim(schedules.targets, leaseTimeout).also {
                // A claim that takes nothing over does not say which leases have expired. Meanwhile only a drain can
                // end.
                mayTakeOver = draining && leaseTimeout.isInfinite() && runs.isEmpty && it.runs.isEmpty() && isPicked()
            }
        }.also { if (it.runs.isNotEmpty()) idle.value = false }
    }

    private suspend fun isPicked(): Boolean = context.store.schedules.list().any { stored ->
        stored.status == JobStatus.PICKED && stored.pausedSince == null &&
            schedules.targets.any { it.name == stored.name && it.expression == stored.expression }
    }

    private companion object {
        /** If a schedule is due and cannot be leased, another claim holds it for a moment. */
        val SHORTEST_WAIT = 10.milliseconds
        val LONGEST_STEP = 15.minutes
    }
}
