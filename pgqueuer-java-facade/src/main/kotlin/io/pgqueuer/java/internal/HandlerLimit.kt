package io.pgqueuer.java.internal

import io.pgqueuer.JobTimeoutException
import io.pgqueuer.StoredJob
import org.slf4j.LoggerFactory
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration

/**
 * How long a handler may take that is wrapped in interceptors. The time counts from the handler's first instruction,
 * without that of the interceptors. Core's own timeout would count them in: to core, interceptors of Java are a part of
 * the handler.
 */
internal class HandlerLimit(
    private val job: StoredJob,
    private val timeout: Duration,
    private val threads: CallThreads,
) {
    private val start = threads.timeSource.markNow()

    /** Runs [handler], and interrupts its thread when its time is up. */
    fun runBlocking(handler: () -> Unit) {
        val thread = LimitedThread(Thread.currentThread())
        val timer = timer(thread::expire)
        val failure = try {
            handler()
            null
        } catch (e: Throwable) {
            e
        }
        timer.close()
        thread.end()
        (if (isOver()) timedOut(failure) else failure)?.let { throw it }
    }

    /** Returns a stage that ends as the stage of [begin] does, and cancels that one when its time is up. */
    fun start(begin: () -> CompletableFuture<*>): CompletableFuture<*> {
        val stage = begin()
        val limited = threads.newFuture<Any?>()
        val timer = timer { threads.runFunctions { stage.cancel(true) } }
        stage.whenComplete { value, failure ->
            timer.close()
            when {
                isOver() -> limited.completeExceptionally(timedOut(failure))
                failure != null -> limited.completeExceptionally(failure)
                else -> limited.complete(value)
            }
        }
        limited.whenComplete { _, _ -> if (limited.isCancelled) stage.cancel(true) }
        return limited
    }

    private fun isOver() = start.elapsedNow() >= timeout

    /** Calls [expire] when the time is up. */
    private fun timer(expire: () -> Unit): AutoCloseable =
        threads.after((timeout - start.elapsedNow()).coerceAtLeast(Duration.ZERO), expire)

    private fun timedOut(failure: Throwable?): JobTimeoutException {
        if (failure == null) {
            log.warn(
                "job {} of entrypoint '{}' ran for {}, longer than its timeout of {}: its handler did not stop when " +
                    "its thread was interrupted or its stage cancelled. Give its blocking calls timeouts of their own",
                job.id,
                job.entrypoint,
                start.elapsedNow(),
                timeout,
            )
        }
        return JobTimeoutException(job.id, timeout, job.entrypoint)
    }

    /** Lets a timer interrupt [thread] while the handler runs on it, and not later. */
    private class LimitedThread(
        private val thread: Thread,
    ) {
        private var ended = false
        private var expired = false

        @Synchronized
        fun expire() {
            if (ended) return
            expired = true
            thread.interrupt()
        }

        @Synchronized
        fun end() {
            ended = true
            if (expired) Thread.interrupted()
        }
    }

    private companion object {
        val log = LoggerFactory.getLogger(HandlerLimit::class.java)
    }
}
