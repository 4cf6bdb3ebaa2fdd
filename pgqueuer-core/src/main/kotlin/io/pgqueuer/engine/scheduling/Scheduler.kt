package io.pgqueuer.engine.scheduling

import io.pgqueuer.JobStatus
import io.pgqueuer.RunMode
import io.pgqueuer.StoreOperation
import io.pgqueuer.engine.calls.ClaimCalls
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.port.ScheduleBatch
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeSource

/** Claims schedules when they are due, and starts their runs. */
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

    /** Whether a run of another worker, alive or dead, must be looked at again after the grace. */
    private var mayTakeOver = false

    /** Whether no schedule is due or under way here, as of the last look. */
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
            // What was leased tells nothing of what is due next: look again.
            if (batch.runs.isNotEmpty()) continue
            if (runs.isEmpty && batch.nextDue != Duration.ZERO && !mayTakeOver) {
                idle.value = true
                // A drain waits for this; and what the runs enqueued is to be seen by it.
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
     * How long to wait for what is due [nextDue] from now. Times that are far away are met in steps, each half of what is
     * left: by the store's clock they may come sooner, and a run that another worker gave back may not be told.
     */
    private fun waitFor(nextDue: Duration): Duration {
        val step = (nextDue / 2).coerceAtMost(LONGEST_STEP).coerceAtLeast(options.dequeueTimeout)
        val grace = contact.graceLeft.takeIf { it.isPositive() } ?: Duration.INFINITE
        return minOf(nextDue, step, grace).coerceAtLeast(SHORTEST_WAIT)
    }

    /** Returns null when the claim failed, after a wait. */
    private suspend fun claim(): ScheduleBatch? = calls.call {
        // While expired leases are to be left alone, no lease is old enough.
        val leaseTimeout = options.heartbeatTimeout.takeUnless { contact.graceLeft.isPositive() } ?: Duration.INFINITE
        answeredWithin(options.storeTimeout, "answer a claim of schedules") {
            context.store.schedules.claim(schedules.targets, leaseTimeout).also {
                // A claim that takes over nothing does not tell which leases have expired. Only a drain ends meanwhile.
                mayTakeOver = draining && leaseTimeout.isInfinite() && runs.isEmpty && it.runs.isEmpty() && isPicked()
            }
        }.also { if (it.runs.isNotEmpty()) idle.value = false }
    }

    private suspend fun isPicked(): Boolean = context.store.schedules.list().any { stored ->
        stored.status == JobStatus.PICKED &&
            schedules.targets.any { it.name == stored.name && it.expression == stored.expression }
    }

    private companion object {
        /** A due schedule that cannot be leased is in another claim's hands, for a moment. */
        val SHORTEST_WAIT = 10.milliseconds
        val LONGEST_STEP = 15.minutes
    }
}
