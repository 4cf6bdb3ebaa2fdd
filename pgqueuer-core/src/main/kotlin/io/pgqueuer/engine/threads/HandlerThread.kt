package io.pgqueuer.engine.threads

import io.pgqueuer.port.EngineRuntime
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.ThreadContextElement
import org.slf4j.MDC
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/**
 * Isolates handlers that share a thread.
 *
 * Whenever a handler starts or resumes, its thread is not interrupted and has [classLoader] as its context class
 * loader. Whenever a handler suspends or ends, the thread is not interrupted and gets its previous class loader back.
 * Otherwise a handler that leaves its thread interrupted would fail the next job that blocks on that thread.
 *
 * The logging context is isolated in the same way.
 *
 * @param mdc the logging context; null if somebody else sets it.
 */
internal class HandlerThread(
    private val classLoader: ClassLoader?,
    private var mdc: Map<String, String>? = null,
) : AbstractCoroutineContextElement(Key),
    ThreadContextElement<HandlerThread.Before> {
    /** Returns one for a coroutine whose logging context is [mdc]. */
    fun withMdc(mdc: Map<String, String>) = HandlerThread(classLoader, mdc)

    /** Isolates the job that runs next in the current coroutine. Its logging context is [mdc]. */
    fun begin(mdc: Map<String, String>) {
        this.mdc = mdc
        enter(Thread.currentThread().contextClassLoader)
    }

    override fun updateThreadContext(context: CoroutineContext): Before {
        val outerMdc = if (mdc == null) null else MDC.getCopyOfContextMap()
        val before = Before(Thread.currentThread().contextClassLoader, outerMdc)
        enter(before.classLoader)
        return before
    }

    override fun restoreThreadContext(context: CoroutineContext, oldState: Before) {
        Thread.interrupted()
        use(oldState.classLoader, Thread.currentThread().contextClassLoader)
        if (mdc != null) setMdc(oldState.mdc)
    }

    private fun enter(current: ClassLoader?) {
        Thread.interrupted()
        use(classLoader, current)
        mdc?.let(::setMdc)
    }

    private fun use(wanted: ClassLoader?, current: ClassLoader?) {
        if (wanted !== current) Thread.currentThread().contextClassLoader = wanted
    }

    private fun setMdc(wanted: Map<String, String>?) = if (wanted == null) MDC.clear() else MDC.setContextMap(wanted)

    /** What the thread had before. */
    class Before(
        val classLoader: ClassLoader?,
        val mdc: Map<String, String>?,
    )

    companion object Key : CoroutineContext.Key<HandlerThread> {
        /** Names the thread after its coroutine, in debug mode. The class is internal. */
        private const val COROUTINE_ID = "kotlinx.coroutines.CoroutineId"

        /**
         * Whether a coroutine in [context] may run several jobs. It may not if others set what belongs to a thread: that
         * is set for a coroutine when it starts, not again for its next job.
         */
        fun isAloneIn(context: CoroutineContext): Boolean = context.fold(true) { alone, element ->
            alone && (element !is ThreadContextElement<*> || element is HandlerThread || isOfDebugMode(element))
        }

        private fun isOfDebugMode(element: CoroutineContext.Element) = element.javaClass.name == COROUTINE_ID
    }
}

/** What isolates the handlers in this context; see [handlersIn]. */
internal val CoroutineContext.handlerThread: HandlerThread
    get() = checkNotNull(this[HandlerThread]) { "handlers are not isolated in $this" }

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
