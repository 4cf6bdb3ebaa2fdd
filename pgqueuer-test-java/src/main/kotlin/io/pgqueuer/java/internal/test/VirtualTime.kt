package io.pgqueuer.java.internal.test

import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Delay
import kotlinx.coroutines.DisposableHandle
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.InternalCoroutinesApi
import kotlinx.coroutines.Runnable
import java.util.PriorityQueue
import kotlin.coroutines.CoroutineContext
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.DurationUnit
import kotlin.time.Instant

/**
 * A clock that moves only when it is told to, and the tasks that wait for it. A task runs on the thread that moves the
 * clock, in the order of due times, then in the order of arrival.
 *
 * A task may move the clock itself, for example because a handler waits for a future: the tasks that are due then run
 * inside it.
 */
@OptIn(InternalCoroutinesApi::class, ExperimentalCoroutinesApi::class)
internal class VirtualTime(
    private val start: Instant,
) : CoroutineDispatcher(),
    Delay,
    Clock {
    private val tasks = PriorityQueue(compareBy(Task::at, Task::order))
    private var elapsed = Duration.ZERO
    private var arrived = 0L
    private var owner: Thread? = null

    /** Measures the virtual time. */
    val timeSource = object : AbstractLongTimeSource(DurationUnit.NANOSECONDS) {
        override fun read() = elapsed().inWholeNanoseconds
    }

    @Synchronized
    fun elapsed(): Duration = elapsed

    override fun now(): Instant = start + elapsed()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        schedule(Duration.ZERO, block)
    }

    override fun scheduleResumeAfterDelay(timeMillis: Long, continuation: CancellableContinuation<Unit>) {
        val task = schedule(timeMillis.milliseconds) {
            with(continuation) { this@VirtualTime.resumeUndispatched(Unit) }
        }
        continuation.invokeOnCancellation { task.dispose() }
    }

    override fun invokeOnTimeout(timeMillis: Long, block: Runnable, context: CoroutineContext): DisposableHandle =
        schedule(timeMillis.milliseconds, block)

    /** Runs [block] once [delay] has passed, unless the returned handle is disposed before. */
    @Synchronized
    fun schedule(delay: Duration, block: Runnable): DisposableHandle {
        val task = Task(elapsed + delay.coerceAtLeast(Duration.ZERO), arrived++, block)
        tasks += task
        return DisposableHandle { synchronized(this) { tasks -= task } }
    }

    /** Moves the clock by [by], and runs what is due on the way and at its end. */
    fun advance(by: Duration) = alone {
        val end = elapsed() + by
        do {
            val more = runNext(end)
        } while (more)
        moveTo(end)
    }

    /** Moves the clock to the next task and runs it; does nothing if there is none, or if another thread moves it. */
    fun runNext() {
        if (!own()) return
        try {
            runNext(Duration.INFINITE)
        } finally {
            disown()
        }
    }

    /**
     * Moves the clock, by at most [by], until [done] is true or nothing is left to run. If another thread moves the
     * clock, this returns at once. Returns whether [done] is true or may become so without this thread.
     */
    fun advanceUntil(by: Duration, done: () -> Boolean): Boolean {
        if (!own()) return true
        try {
            val end = elapsed() + by
            var moves = 0
            while (!done()) {
                val before = elapsed()
                if (!runNext(end)) return false.also { moveTo(end) }
                if (elapsed() != before) check(++moves <= MOST_MOVES) { goesOnForEver() }
            }
            return true
        } finally {
            disown()
        }
    }

    @Synchronized
    private fun moveTo(end: Duration) {
        if (end.isFinite()) elapsed = maxOf(elapsed, end)
    }

    private fun goesOnForEver() =
        "after $MOST_MOVES moves of the virtual clock, which is at ${now()}, the wait is not over; wait for " +
            "something that happens, or advance the clock by a duration"

    private fun runNext(end: Duration): Boolean {
        val task = synchronized(this) {
            val next = tasks.peek()?.takeIf { it.at <= end && it.at.isFinite() } ?: return false
            tasks.poll()
            // A task that moved the clock itself may have passed it.
            elapsed = maxOf(elapsed, next.at)
            next
        }
        task.block.run()
        return true
    }

    private inline fun alone(block: () -> Unit) {
        check(own()) { "another thread moves the virtual clock; move it from one thread at a time" }
        try {
            block()
        } finally {
            disown()
        }
    }

    private var depth = 0

    @Synchronized
    private fun own(): Boolean {
        val current = Thread.currentThread()
        if (owner != null && owner !== current) return false
        owner = current
        depth++
        return true
    }

    @Synchronized
    private fun disown() {
        if (--depth == 0) owner = null
    }

    override fun toString() = "virtual time ${now()}"

    private class Task(
        val at: Duration,
        val order: Long,
        val block: Runnable,
    )

    private companion object {
        const val MOST_MOVES = 1_000_000
    }
}
