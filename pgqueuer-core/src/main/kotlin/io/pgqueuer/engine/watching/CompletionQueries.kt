package io.pgqueuer.engine.watching

import io.pgqueuer.Insights
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogLevel
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import io.pgqueuer.port.TableOperation
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import kotlin.time.Duration

/** Asks for the ends of all watched jobs in one query. */
internal class CompletionQueries(
    private val insights: Insights,
    private val notifications: Notifications,
    private val safetyPoll: Duration,
    private val coalesce: Duration,
) {
    private val wake = Channel<Unit>(Channel.CONFLATED)
    private val waiters = HashMap<JobId, MutableList<CompletableDeferred<JobStatus>>>()
    private var closed: Throwable? = null

    suspend fun await(id: JobId): JobStatus {
        val waiter = CompletableDeferred<JobStatus>()
        add(id, waiter)
        wake.trySend(Unit)
        try {
            return waiter.await()
        } finally {
            remove(id, waiter)
        }
    }

    /** Runs until it is cancelled. */
    suspend fun run() = coroutineScope {
        launch { listen() }
        while (true) {
            // While nobody waits, wake-ups and polls are ignored.
            if (noOneWaits()) wake.receive() else withTimeoutOrNull(safetyPoll) { wake.receive() }
            ask()
            delay(coalesce)
        }
    }

    /** Ends all waits. */
    @Synchronized
    fun close(cause: Throwable?) {
        if (closed != null) return
        val reason = IllegalStateException("the completion watcher was closed, or its scope has ended", cause)
        closed = reason
        waiters.values.flatten().forEach { it.completeExceptionally(reason) }
        waiters.clear()
    }

    private suspend fun listen() {
        notifications.listen().collect { signal ->
            val tells = when (signal) {
                is Signal.Listening -> true
                is Signal.Interrupted -> false
                is Signal.Received -> (signal.event as? QueueEvent.TableChanged)?.operation == TableOperation.DELETE
            }
            if (tells && !noOneWaits()) wake.trySend(Unit)
        }
    }

    private suspend fun ask() {
        val ids = waitedFor()
        attempt {
            ids.chunked(MAX_IDS).forEach { chunk ->
                insights.lastStatuses(chunk).forEach { (id, status) -> if (status.isTerminal) ended(id, status) }
            }
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

    @Synchronized
    private fun add(id: JobId, waiter: CompletableDeferred<JobStatus>) {
        closed?.let { throw it }
        waiters.getOrPut(id, ::ArrayList) += waiter
    }

    @Synchronized
    private fun remove(id: JobId, waiter: CompletableDeferred<JobStatus>) {
        val others = waiters[id] ?: return
        others -= waiter
        if (others.isEmpty()) waiters -= id
    }

    @Synchronized
    private fun noOneWaits() = waiters.isEmpty()

    @Synchronized
    private fun waitedFor(): List<JobId> = waiters.keys.toList()

    @Synchronized
    private fun ended(id: JobId, status: JobStatus) {
        waiters.remove(id)?.forEach { it.complete(status) }
    }

    @Synchronized
    private fun failed(ids: List<JobId>, failure: Throwable) {
        ids.forEach { id -> waiters.remove(id)?.forEach { it.completeExceptionally(failure) } }
    }

    private fun successesLeaveNoTrace() = IllegalStateException(
        "a completion cannot be awaited: this queue logs failures alone, so that nothing tells of a success; " +
            "set its log level to terminal or full (`pgq log-level terminal`)",
    )

    private companion object {
        const val MAX_IDS = 10_000
        val log = LoggerFactory.getLogger(CompletionQueries::class.java)
    }
}
