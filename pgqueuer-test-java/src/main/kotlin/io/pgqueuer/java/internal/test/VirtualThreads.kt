package io.pgqueuer.java.internal.test

import io.pgqueuer.java.internal.CallThreads
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import org.slf4j.LoggerFactory
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** Runs calls on the thread of their caller, and everything else on the thread that moves [time]. */
internal class VirtualThreads(
    private val time: VirtualTime,
) : CallThreads {
    // The memory store suspends only to yield, and here not even then: an enqueue has happened when it returns.
    override val calls get() = Dispatchers.Unconfined

    override val background get() = time

    override val timeSource get() = time.timeSource

    override fun <T> newFuture(): CompletableFuture<T> = VirtualFuture(time)

    override fun runFunctions(functions: () -> Unit) {
        try {
            functions()
        } catch (e: Throwable) {
            log.warn("a function that is chained to a future threw {}, and no future took it", e.javaClass.name)
        }
    }

    override fun after(delay: Duration, action: () -> Unit): AutoCloseable =
        time.schedule(delay, action).let { AutoCloseable(it::dispose) }

    override fun await(job: Job, atMost: Duration): Boolean {
        time.advanceUntil(atMost) { job.isCompleted }
        return job.isCompleted
    }

    private companion object {
        val log = LoggerFactory.getLogger(VirtualThreads::class.java)
    }
}

/**
 * A future for which a thread can wait that also moves [time]: the wait moves it, until [source] is complete.
 *
 * @param source the future of the queue that this one is chained to; null if this is one itself.
 */
private class VirtualFuture<T>(
    private val time: VirtualTime,
    source: CompletableFuture<*>? = null,
) : CompletableFuture<T>() {
    private val source: CompletableFuture<*> = source ?: this

    override fun <U> newIncompleteFuture(): CompletableFuture<U> = VirtualFuture(time, source)

    override fun get(): T {
        awaitDone()
        return super.get()
    }

    override fun join(): T {
        awaitDone()
        return super.join()
    }

    override fun get(timeout: Long, unit: TimeUnit): T {
        val inTime = time.advanceUntil(unit.toNanos(timeout).nanoseconds, ::isReached)
        return if (inTime) super.get(timeout, unit) else super.get(0, TimeUnit.NANOSECONDS)
    }

    private fun awaitDone() {
        check(time.advanceUntil(Duration.INFINITE, ::isReached)) {
            "nothing is left to run at ${time.now()}, so that this future never completes"
        }
        // The functions in between may run on another thread, or wait for another future of the queue.
        while (!isDone && !isDoneWithin(GRACE_MILLIS)) time.runNext()
    }

    private fun isReached() = isDone || source.isDone

    private fun isDoneWithin(millis: Long): Boolean = try {
        super.get(millis, TimeUnit.MILLISECONDS)
        true
    } catch (_: TimeoutException) {
        false
    } catch (_: ExecutionException) {
        true
    } catch (_: CancellationException) {
        true
    }

    private companion object {
        const val GRACE_MILLIS = 10L
    }
}
