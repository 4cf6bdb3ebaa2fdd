package io.pgqueuer.engine.threads

import io.pgqueuer.port.EngineRuntime
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.ThreadContextElement
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/**
 * Keeps handlers that share a thread apart: whenever one starts or goes on, its thread is not interrupted and has
 * [classLoader] as its context class loader; whenever one suspends or ends, the thread is not interrupted and has the
 * class loader that it had before.
 *
 * A handler that leaves its thread interrupted would otherwise fail the next job that blocks on that thread. The logging
 * context is kept apart by `MDCContext` in the same way.
 */
internal class HandlerThread(
    private val classLoader: ClassLoader?,
) : AbstractCoroutineContextElement(Key),
    ThreadContextElement<ClassLoader?> {
    override fun updateThreadContext(context: CoroutineContext): ClassLoader? {
        Thread.interrupted()
        val before = Thread.currentThread().contextClassLoader
        use(classLoader, before)
        return before
    }

    override fun restoreThreadContext(context: CoroutineContext, oldState: ClassLoader?) {
        Thread.interrupted()
        use(oldState, Thread.currentThread().contextClassLoader)
    }

    private fun use(wanted: ClassLoader?, current: ClassLoader?) {
        if (wanted !== current) Thread.currentThread().contextClassLoader = wanted
    }

    private companion object Key : CoroutineContext.Key<HandlerThread>
}

/**
 * Returns the context in which handlers run if the worker's options ask for [requested].
 *
 * [handlers] fills in what [requested] does not name: a context without a dispatcher leaves handlers on the threads
 * of the runtime.
 *
 * Handlers that share a thread are kept apart: each finds its thread not interrupted, and with the context class
 * loader that the thread has which calls this function.
 *
 * @throws IllegalArgumentException if [requested] has a `Job`, as the worker cancels handlers itself, or is
 * `Dispatchers.Unconfined`, which would run handlers on the engine's threads.
 */
internal fun EngineRuntime.handlersIn(requested: CoroutineContext?): CoroutineContext {
    val context = requested ?: EmptyCoroutineContext
    require(context[Job] == null) {
        "handlerContext must not have a Job, was $context: the worker starts and cancels handlers itself. " +
            "Pass a dispatcher, or context.minusKey(Job)"
    }
    require(context[ContinuationInterceptor] !== Dispatchers.Unconfined) {
        "handlerContext must not be Dispatchers.Unconfined: handlers would run on the threads that renew leases " +
            "and claim jobs. Pass a dispatcher with threads, such as Dispatchers.Default"
    }
    return handlers + context + HandlerThread(Thread.currentThread().contextClassLoader)
}
