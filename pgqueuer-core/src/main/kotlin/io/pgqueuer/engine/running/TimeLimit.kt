package io.pgqueuer.engine.running

import io.pgqueuer.JobTimeoutException
import io.pgqueuer.StoredJob
import io.pgqueuer.engine.threads.Cancellations
import io.pgqueuer.engine.threads.cancellations
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeSource

/** How long the handler of [job] may run. */
internal class TimeLimit(
    private val job: StoredJob,
    private val timeout: Duration,
    private val timeSource: TimeSource,
    private val cancellations: Cancellations,
) {
    /**
     * Runs [handler] and cancels it when its time is up. Returns its failure, or null.
     *
     * If the handler ran for its timeout or longer, this returns a [JobTimeoutException], however the handler ended: a
     * handler that blocks its thread does not notice that it was cancelled.
     */
    suspend fun failureOf(handler: suspend () -> Throwable?): Throwable? {
        val start = timeSource.markNow()
        var failure: Throwable? = null
        val inTime = withTimeoutOrNull(timeout) {
            failure = handler()
            true
        }
        return judged(failure, inTime == true, start.elapsedNow())
    }

    /**
     * Like [failureOf], for a handler whose cancellation may block. `withTimeout` would cancel it on the one thread
     * that ends the delays of the whole process. A handler that ends before it suspends needs no timer.
     */
    suspend fun failureOfSuspending(handler: suspend () -> Throwable?): Throwable? {
        val start = timeSource.markNow()
        var failure: Throwable? = null
        var inTime = false
        try {
            coroutineScope {
                val running = launch(start = CoroutineStart.UNDISPATCHED) {
                    failure = handler()
                    inTime = isActive
                }
                if (running.isActive) cancelInTime(running, timeout - start.elapsedNow())
            }
        } catch (e: CancellationException) {
            if (failure == null) failure = e
        }
        return judged(failure, inTime, start.elapsedNow())
    }

    private fun CoroutineScope.cancelInTime(running: Job, left: Duration) {
        val timer = launch(cancellations.timers, CoroutineStart.UNDISPATCHED) {
            delay(left)
            cancellations.run { running.cancel(CancellationException("the timeout of $timeout is over")) }
        }
        running.invokeOnCompletion { timer.cancel() }
    }

    private suspend fun judged(failure: Throwable?, inTime: Boolean, elapsed: Duration): Throwable? {
        if (!currentCoroutineContext().isActive) return failure
        if (inTime && elapsed < timeout) return failure
        if (failure == null || elapsed - timeout > ENDS_WITHIN) warn(elapsed)
        return JobTimeoutException(job.id, timeout, job.entrypoint).apply {
            failure?.takeUnless { it is CancellationException || it is InterruptedException }?.let(::addSuppressed)
        }
    }

    private fun warn(elapsed: Duration) {
        log.warn(
            "job {} of entrypoint '{}' ran for {}, longer than its timeout of {}: its handler did not stop when it " +
                "was cancelled. If it blocks its thread, register it with blockingEntrypoint, or do the blocking " +
                "part in runInterruptible(Dispatchers.IO) { … }. A handler of a blockingEntrypoint must end when its " +
                "thread is interrupted: give its blocking calls timeouts of their own. Do not catch " +
                "InterruptedException or CancellationException without throwing it on",
            job.id,
            job.entrypoint,
            elapsed,
            timeout,
        )
    }

    private companion object {
        /** A handler that ends within this time after its timeout has obeyed the timeout. */
        val ENDS_WITHIN = 500.milliseconds
        val log = LoggerFactory.getLogger(TimeLimit::class.java)
    }
}
