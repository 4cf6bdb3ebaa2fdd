package io.pgqueuer.engine.settling

import io.pgqueuer.RetryPolicy
import io.pgqueuer.StoreOperation
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.calls.EngineContext
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Writes outcomes that could not be written at once, in parallel to the normal writes.
 *
 * If a batch keeps failing, it is halved until the outcome that causes the failure is alone. That outcome is retried
 * with growing waits and keeps its lease. It does not block any other outcome.
 *
 * @param onDone called with the number of outcomes whenever some are settled.
 */
internal class SettleRepair(
    private val context: EngineContext,
    private val writer: SettleWriter,
    private val onDone: (outcomes: Int) -> Unit,
) {
    private val contact = context.contact
    private val events = context.events

    // One statement at a time: claims, renewals and other outcomes need the store, too.
    private val writing = Mutex()
    private val hurried = CompletableDeferred<Unit>()
    private val aloneCount = AtomicInteger()

    /** How many outcomes fail even when they are written alone. */
    val alone: Int get() = aloneCount.get()

    /** Shortens all waits because the worker stops soon. */
    fun hurry() {
        hurried.complete(Unit)
    }

    /** Tries [outcomes] after [wait], and repeats until every one is settled. Runs in coroutines of [scope]. */
    fun launchIn(scope: CoroutineScope, outcomes: List<Unsettled>, wait: Duration, failures: Int = 0) {
        scope.launch { repair(outcomes, wait, failures) }
    }

    private suspend fun CoroutineScope.repair(outcomes: List<Unsettled>, firstWait: Duration, earlierFailures: Int) {
        var left = outcomes
        var wait = firstWait
        var failures = earlierFailures
        var isAlone = false
        while (true) {
            pause(wait)
            val remainder = writing.withLock { writer.write(left) }
            onDone(left.size - (remainder?.outcomes?.size ?: 0))
            if (remainder == null) break
            left = remainder.outcomes
            failures++
            if (left.size > 1 && isRefused(remainder.cause, failures)) {
                // Both halves are suspect now. Each is halved at its next failure.
                left.chunked((left.size + 1) / 2).forEach { launchIn(this, it, Duration.ZERO, TRIES_AS_A_WHOLE - 1) }
                return
            }
            wait = waits.delayAfter(remainder.cause, failures, context.runtime.random) ?: Duration.ZERO
            if (left.size == 1 && !isAlone && isRefused(remainder.cause, failures)) {
                isAlone = true
                aloneCount.incrementAndGet()
            }
            report(left, isAlone, failures, wait, remainder.cause)
        }
        if (isAlone) aloneCount.decrementAndGet()
    }

    /**
     * Whether the outcomes are at fault, and not a store that is temporarily unavailable. If many outcomes fail alone,
     * the cause is not a few bad rows: the store accepts no outcomes, and the rest is retried without halving.
     */
    private fun isRefused(cause: Throwable, failures: Int): Boolean = alone < MOST_ALONE &&
        (cause !is StoreUnavailableException || (failures >= TRIES_AS_A_WHOLE && !contact.isLost))

    private suspend fun pause(wait: Duration) {
        if (!wait.isPositive()) return
        if (hurried.isCompleted) {
            delay(wait.coerceAtMost(LONGEST_WAIT_IN_A_HURRY))
        } else {
            withTimeoutOrNull(wait) { hurried.join() }
        }
    }

    private fun report(left: List<Unsettled>, isAlone: Boolean, failures: Int, wait: Duration, cause: Throwable) {
        if (isAlone) {
            log.error("cannot write {}, tried {} times, next try in {}", left.single(), failures, wait, cause)
        } else {
            events.send(WorkerEvent.StoreFailed(events.worker, StoreOperation.SETTLE_JOBS, cause, wait))
        }
    }

    private companion object {
        const val TRIES_AS_A_WHOLE = 3
        const val MOST_ALONE = 100
        val LONGEST_WAIT_IN_A_HURRY = 500.milliseconds
        val waits = RetryPolicy.exponential(Int.MAX_VALUE, initialDelay = 50.milliseconds, maxDelay = 10.seconds)
        val log = LoggerFactory.getLogger(SettleRepair::class.java)
    }
}
