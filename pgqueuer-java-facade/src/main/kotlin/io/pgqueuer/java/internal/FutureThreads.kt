package io.pgqueuer.java.internal

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Runnable
import org.slf4j.LoggerFactory
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.CoroutineContext

/**
 * The threads on which the calls of clients run and complete their futures, and so those of the functions that users
 * chained to these.
 *
 * Such a function may block, also on other futures of the same client: it keeps its thread, and what is waiting gets
 * another one. So there are as many threads as functions that block at once, and one or two more.
 *
 * A thread that takes something calls the next thread only if more is waiting, and only one thread is called at a time:
 * however much is waiting, as long as nothing blocks, a few threads do it all.
 */
internal object FutureThreads : CoroutineDispatcher() {
    /** More than a process can have, and so no bound; a view of its own, whose threads no other view can take. */
    private const val ANY_NUMBER = 1_000_000
    private val threads = Dispatchers.IO.limitedParallelism(ANY_NUMBER, "pgqueuer-futures")
    private val waiting = ConcurrentLinkedQueue<Runnable>()
    private val onItsWay = AtomicBoolean()
    private val current = ThreadLocal<Worker>()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        waiting.add(block)
        // A thread of these that runs no function of a user's soon takes what it added itself.
        if (current.get()?.runsFunctions != false) callThread()
    }

    /** Runs [functions], which are users' and may block: at once if this thread is one of these, otherwise soon. */
    fun runFunctions(functions: () -> Unit) {
        val worker = current.get()
        if (worker != null) {
            worker.run(functions)
        } else {
            waiting.add { current.get().run(functions) }
            callThread()
        }
    }

    override fun toString() = "pgqueuer-futures"

    private fun callThread() {
        if (onItsWay.get() || waiting.isEmpty() || !onItsWay.compareAndSet(false, true)) return
        threads.dispatch(threads, Worker())
    }

    /** What one thread does, until nothing is waiting. */
    private class Worker : Runnable {
        var runsFunctions = false
            private set

        override fun run() {
            onItsWay.set(false)
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
            // What this thread would have taken next must not wait for functions that block.
            callThread()
            try {
                functions()
            } catch (e: Throwable) {
                log.warn("a future's function threw what no future took: {}", e.javaClass.name)
            } finally {
                runsFunctions = before
                Thread.interrupted()
            }
        }
    }

    private val log = LoggerFactory.getLogger(FutureThreads::class.java)
}
