package io.pgqueuer.engine.watching

import io.pgqueuer.Insights
import io.pgqueuer.JobGoneException
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogLevel
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.WatcherOptions
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import io.pgqueuer.port.TableOperation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory

/** Asks for the statuses of all watched jobs in one query. */
internal class CompletionQueries(
    private val insights: Insights,
    private val notifications: Notifications,
    options: WatcherOptions,
) {
    private val safetyPoll = options.safetyPoll
    private val coalesce = options.coalesce
    private val endOnHeld = options.endOnHeld

    private val wake = Channel<Unit>(Channel.CONFLATED)
    private val waiters = HashMap<JobId, MutableList<StatusWaiter>>()
    private var closed: Throwable? = null

    /** Whether the table was truncated since the last look: its jobs are gone and leave no trace in the log. */
    @Volatile
    private var truncated = false

    /** @param everyChange whether to look when the job may have changed, and not only when it may have ended. */
    fun statuses(id: JobId, everyChange: Boolean): Flow<JobStatus> = flow {
        val waiter = StatusWaiter(everyChange)
        add(id, waiter)
        wake.trySend(Unit)
        try {
            emitAll(waiter.statuses)
        } finally {
            remove(id, waiter)
        }
    }

    /** Runs until it is cancelled. */
    suspend fun run() = coroutineScope {
        launch { listen() }
        while (true) {
            // While nobody waits, wake-ups and polls are ignored.
            val isWoken = if (noOneWaits()) wake.receive() else withTimeoutOrNull(safetyPoll) { wake.receive() }
            val mayBeGone = truncated || isWoken == null
            truncated = false
            ask(mayBeGone)
            delay(coalesce)
        }
    }

    /** Ends all waits. */
    @Synchronized
    fun close(cause: Throwable?) {
        if (closed != null) return
        val reason = IllegalStateException("the completion watcher was closed, or its scope has ended", cause)
        closed = reason
        waiters.values.flatten().forEach { it.failed(reason) }
        waiters.clear()
    }

    private suspend fun listen() {
        notifications.listen().collect { signal ->
            val tells = when (signal) {
                is Signal.Listening -> true
                is Signal.Interrupted -> false
                is Signal.Received -> tells((signal.event as? QueueEvent.TableChanged)?.operation)
            }
            if (tells && !noOneWaits()) wake.trySend(Unit)
        }
    }

    private fun tells(operation: TableOperation?): Boolean = when (operation) {
        TableOperation.DELETE -> true
        TableOperation.TRUNCATE -> true.also { truncated = true }
        TableOperation.UPDATE -> endOnHeld || someoneWantsEveryChange()
        else -> false
    }

    /** @param mayBeGone whether to find out, too, whether jobs have disappeared. */
    private suspend fun ask(mayBeGone: Boolean) {
        val ids = waitedFor()
        attempt {
            ids.chunked(MAX_IDS).forEach { insights.lastStatuses(it).forEach(::saw) }
            if (mayBeGone) waitedFor().chunked(MAX_IDS).forEach { lookForGone(it) }
            // Read it every time: the level may change while someone waits.
            if (!noOneWaits() && insights.logLevel() == LogLevel.FAILURES) failed(waitedFor(), successesLeaveNoTrace())
        }.onFailure { failure ->
            if (failure is StoreUnavailableException) {
                log.warn(
                    "cannot look for the ends of {} jobs, next try within {}: {}",
                    ids.size,
                    safetyPoll,
                    "$failure",
                )
            } else {
                // Waiting does not help: report the failure to those who wait.
                failed(ids, failure)
            }
        }
    }

    /**
     * Ends the waits for those of [ids] that were seen before, are no longer in the queue, and have not ended either. The
     * log is read last: the end of a job appears in it when the job leaves the queue.
     */
    private suspend fun lookForGone(ids: List<JobId>) {
        val inQueue = insights.inQueue(ids)
        sawInQueue(inQueue)
        val missing = known(ids - inQueue)
        if (missing.isEmpty()) return
        insights.lastStatuses(missing).forEach(::saw)
        missing.forEach { failed(listOf(it), JobGoneException(it)) }
    }

    @Synchronized
    private fun sawInQueue(ids: Set<JobId>) {
        ids.forEach { id -> waiters[id]?.forEach(StatusWaiter::sawInQueue) }
    }

    @Synchronized
    private fun known(ids: List<JobId>): List<JobId> = ids.filter { waiters[it]?.any(StatusWaiter::isKnown) == true }

    @Synchronized
    private fun add(id: JobId, waiter: StatusWaiter) {
        closed?.let { throw it }
        waiters.getOrPut(id, ::ArrayList) += waiter
    }

    @Synchronized
    private fun remove(id: JobId, waiter: StatusWaiter) {
        val others = waiters[id] ?: return
        others -= waiter
        if (others.isEmpty()) waiters -= id
    }

    @Synchronized
    private fun noOneWaits() = waiters.isEmpty()

    @Synchronized
    private fun someoneWantsEveryChange() = waiters.values.any { of -> of.any(StatusWaiter::everyChange) }

    @Synchronized
    private fun waitedFor(): List<JobId> = waiters.keys.toList()

    @Synchronized
    private fun saw(id: JobId, status: JobStatus) {
        val isLast = status.isTerminal || (endOnHeld && status == JobStatus.HELD)
        val told = if (isLast) waiters.remove(id) else waiters[id]
        told?.forEach { it.saw(status, isLast) }
    }

    @Synchronized
    private fun failed(ids: List<JobId>, failure: Throwable) {
        ids.forEach { id -> waiters.remove(id)?.forEach { it.failed(failure) } }
    }

    private fun successesLeaveNoTrace() = IllegalStateException(
        "a completion cannot be awaited: this queue logs only failures, so a success cannot be seen; " +
            "set its log level to terminal or full (`pgq log-level terminal`)",
    )

    private companion object {
        const val MAX_IDS = 10_000
        val log = LoggerFactory.getLogger(CompletionQueries::class.java)
    }
}
