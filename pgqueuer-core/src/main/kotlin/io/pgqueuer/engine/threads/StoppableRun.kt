package io.pgqueuer.engine.threads

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job

/**
 * The run of a handler, which can be told to stop at any time, also before its coroutine has started. The first reason
 * stands. All members can be called from any thread.
 *
 * @param R why it is told to stop.
 */
internal abstract class StoppableRun<R : Any>(
    private val cancellations: Cancellations,
) {
    private var coroutine: Job? = null

    /** Why it was told to stop; null if it was not. */
    @get:Synchronized
    var stopReason: R? = null
        private set

    @get:Synchronized
    var ended = false
        private set

    protected abstract fun cancellationBy(reason: R): CancellationException

    /** Ties the handler's [coroutine] to this run, and cancels it if the run was told to stop before. */
    @Synchronized
    fun startedAs(coroutine: Job) {
        this.coroutine = coroutine
        stopReason?.let { coroutine.cancel(cancellationBy(it)) }
    }

    /** Tells the handler to stop, at once or soon; without effect once it has ended or was told to. */
    @Synchronized
    fun stop(reason: R) {
        if (!ended && stopReason == null) overrule(reason)
    }

    /** Tells the handler to stop for [reason], whatever has become of it. */
    @Synchronized
    protected fun overrule(reason: R) {
        stopReason = reason
        val started = coroutine ?: return
        cancellations.run { started.cancel(cancellationBy(reason)) }
    }

    /** Marks the end of the handler; false if it was ended before, for example because a shutdown gave it up. */
    @Synchronized
    open fun end(): Boolean = !ended.also { ended = true }
}
