package io.pgqueuer.simulation

import java.util.PriorityQueue
import kotlin.random.Random
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.DurationUnit
import kotlin.time.TimeSource

/**
 * Runs the steps of all processes on one thread, one at a time, in an order that [random] decides. A step is what a
 * coroutine does from one suspension to the next. Time is virtual: it moves on when nobody has a step left.
 */
internal class Steps(
    private val random: Random,
) {
    private val processes = mutableListOf<Process>()
    private val timers = PriorityQueue(compareBy(Timer::at, Timer::number))
    private var numbers = 0L
    private var millis = 0L

    val now: Duration get() = millis.milliseconds

    /** Until then, processes may not know which leases they have lost: the clock of the store has jumped. */
    var surprisedUntil = Duration.ZERO

    val time: TimeSource = object : AbstractLongTimeSource(DurationUnit.MILLISECONDS) {
        override fun read(): Long = millis
    }

    fun add(process: Process) {
        processes += process
    }

    fun remove(process: Process) {
        processes -= process
    }

    /** Runs steps until [isOver]. */
    fun runUntil(isOver: () -> Boolean) {
        while (!isOver()) {
            val step = next()
            if (step != null) step.run() else advance()
        }
    }

    /** Adds a step to [process] after [delay] milliseconds. */
    fun after(delay: Long, process: Process, step: Runnable): Timer {
        val at = if (delay > Long.MAX_VALUE - millis) Long.MAX_VALUE else millis + delay.coerceAtLeast(0)
        return Timer(at, numbers++, process, step).also(timers::add)
    }

    private fun next(): Runnable? {
        var choice = processes.sumOf { it.runnable }.takeIf { it > 0 }?.let(random::nextInt) ?: return null
        for (process in processes) {
            if (choice < process.runnable) return process.take(choice)
            choice -= process.runnable
        }
        error("no process has the step")
    }

    private fun advance() {
        while (checkNotNull(timers.peek()) { "the simulation stands still: nobody waits for anything" }.isCancelled) {
            timers.poll()
        }
        millis = maxOf(millis, timers.peek().at)
        while (timers.peek()?.let { it.at <= millis } == true) timers.poll().fire()
    }

    class Timer(
        val at: Long,
        val number: Long,
        private val process: Process,
        private val step: Runnable,
    ) {
        var isCancelled = false
            private set

        fun cancel() {
            isCancelled = true
        }

        fun fire() = process.add { if (!isCancelled) step.run() }
    }
}
