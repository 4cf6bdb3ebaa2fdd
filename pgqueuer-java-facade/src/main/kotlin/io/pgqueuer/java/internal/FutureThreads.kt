@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.java.internal

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.Runnable
import org.slf4j.LoggerFactory
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlin.time.TimeSource

/**
 * The threads on which the calls of all backends run. They also complete the futures, and so run the functions that
 * users have chained to them.
 *
 * Such a function may block, also on other futures of the same backend: it keeps its thread, and the waiting tasks get
 * another one. There are as many threads as functions that block at the same time, and one or two more.
 *
 * A thread that takes a task calls the next thread only if more tasks are waiting, and only one thread is called at a
 * time. As long as nothing blocks, a few threads do all the work.
 */
internal object FutureThreads : CoroutineDispatcher(), CallThreads {
    /** More threads than a process can have, so that this is no limit; no other view of the pool shares them. */
    private const val ANY_NUMBER = 1_000_000
    private val threads = Dispatchers.IO.limitedParallelism(ANY_NUMBER)
    private val waiting = ConcurrentLinkedQueue<Runnable>()
    private val called = AtomicBoolean()
    private val current = ThreadLocal<Worker>()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        waiting.add(block)
        // If this is one of these threads and runs no function of a user's, it soon takes the task itself.
        if (current.get()?.runsFunctions != false) callThread()
    }

    override val calls get() = this

    override val background get() = this

    override val timeSource get() = TimeSource.Monotonic

    override fun <T> newFuture() = CompletableFuture<T>()

    /** Runs [functions] at once if this is one of these threads, otherwise soon. */
    override fun runFunctions(functions: () -> Unit) {
        val worker = current.get()
        if (worker != null) {
            worker.run(functions)
        } else {
            waiting.add { current.get().run(functions) }
            callThread()
        }
    }

    override fun after(delay: Duration, action: () -> Unit): AutoCloseable {
        val timer = CompletableFuture<Unit>().orTimeout(delay.inWholeNanoseconds, TimeUnit.NANOSECONDS)
        timer.whenComplete { _, late -> if (late is TimeoutException) action() }
        return AutoCloseable { timer.complete(Unit) }
    }

    override fun await(job: Job, atMost: Duration): Boolean {
        val ended = CountDownLatch(1)
        job.invokeOnCompletion { ended.countDown() }
        return ended.await(atMost.inWholeNanoseconds, TimeUnit.NANOSECONDS)
    }

    override fun toString() = "pgqueuer-futures"

    private fun callThread() {
        if (called.get() || waiting.isEmpty() || !called.compareAndSet(false, true)) return
        threads.dispatch(threads, Worker())
    }

    /** What one thread does until no task is waiting. */
    private class Worker : Runnable {
        var runsFunctions = false
            private set

        override fun run() {
            called.set(false)
            current.set(this)
            try {
                while (true) {
                    val next = waiting.poll() ?: return
                    callThread()
                    next.run()
                }
            } finally {
                current.remove()
            }
        }

        fun run(functions: () -> Unit) {
            val before = runsFunctions
            runsFunctions = true
            // The task that this thread would have taken next must not wait for functions that block.
            callThread()
            try {
                functions()
            } catch (e: Throwable) {
                log.warn("a function that is chained to a future threw {}, and no future took it", e.javaClass.name)
            } finally {
                runsFunctions = before
                Thread.interrupted()
            }
        }
    }

    private val log = LoggerFactory.getLogger(FutureThreads::class.java)
}
