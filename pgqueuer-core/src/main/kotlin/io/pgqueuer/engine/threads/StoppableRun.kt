package io.pgqueuer.engine.threads

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job

/**
 * The run of a handler. It can be told to stop at any time, even before its coroutine has started. The first reason is
 * kept. All members can be called from any thread.
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

    /** Connects the handler's [coroutine] to this run, and cancels it if the run has already been told to stop. */
    @Synchronized
    fun startedAs(coroutine: Job) {
        this.coroutine = coroutine
        stopReason?.let { coroutine.cancel(cancellationBy(it)) }
    }

    /**
     * Parts the handler's coroutine from this run, after the handler has ended. Returns false if the coroutine was, or
     * will be, cancelled because of this run: then it must not run anything else.
     */
    @Synchronized
    fun leave(): Boolean {
        coroutine = null
        return stopReason == null
    }

    /** Tells the handler to stop, now or soon. Does nothing if it has ended or has already been told to stop. */
    @Synchronized
    fun stop(reason: R) {
        if (!ended && stopReason == null) overrule(reason)
    }

    /** Tells the handler to stop for [reason], even if it has ended. */
    @Synchronized
    protected fun overrule(reason: R) {
        stopReason = reason
        val started = coroutine ?: return
        cancellations.run { started.cancel(cancellationBy(reason)) }
    }

    /**
     * Marks the end of the handler. Returns false if it has already ended, for example because a shutdown abandoned it.
     */
    @Synchronized
    open fun end(): Boolean = !ended.also { ended = true }
}
