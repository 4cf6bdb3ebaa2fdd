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
 * Isolates handlers that share a thread.
 *
 * Whenever a handler starts or resumes, its thread is not interrupted and has [classLoader] as its context class
 * loader. Whenever a handler suspends or ends, the thread is not interrupted and gets its previous class loader back.
 *
 * Otherwise a handler that leaves its thread interrupted would fail the next job that blocks on that thread.
 * `MDCContext` isolates the logging context in the same way.
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
 * [handlers] supplies what [requested] does not contain: if it has no dispatcher, handlers stay on the threads of the
 * runtime.
 *
 * Handlers that share a thread are isolated from each other. Each starts on a thread that is not interrupted, with the
 * context class loader of the thread that calls this function.
 *
 * @throws IllegalArgumentException if [requested] contains a `Job`, because the worker cancels handlers itself, or is
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

/** Returns the context in which observers run. They may block, and have the same context class loader as handlers. */
internal fun EngineRuntime.observersIn(): CoroutineContext =
    blocking + HandlerThread(Thread.currentThread().contextClassLoader)
