package io.pgqueuer.engine

import kotlinx.coroutines.ThreadContextElement
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

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
