package io.pgqueuer.engine.threads

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/**
 * Starts jobs in order, on as many threads of [scope]'s dispatcher as are free.
 *
 * If each short job were dispatched by itself, waking the threads would cost more than the jobs. So only starters are
 * dispatched. Each starter starts some jobs, one after the other. While a job is left, another starter is queued for the
 * next free thread. A job that blocks its thread blocks no other thread.
 *
 * @param context what each starter adds to its context.
 * @param start starts a job in the starter's coroutine: runs it until it first suspends, in a coroutine of its own, or to
 * its end. Returns whether the starter may start another one.
 */
internal class Starters<T : Any>(
    private val scope: CoroutineScope,
    private val context: () -> CoroutineContext = { EmptyCoroutineContext },
    private val start: suspend (T) -> Boolean,
) {
    private val waiting = ConcurrentLinkedQueue<T>()
    private val onItsWay = AtomicBoolean()

    fun handOver(element: T) {
        waiting.add(element)
        sendStarter()
    }

    /** Takes back the jobs that are not started yet. */
    fun takeBack(): List<T> = generateSequence(waiting::poll).toList()

    // ATOMIC: a dispatcher that accepts no more tasks cancels them and runs them elsewhere. Waiting jobs must still be
    // started.
    @OptIn(DelicateCoroutinesApi::class, ExperimentalCoroutinesApi::class)
    private fun sendStarter() {
        if (onItsWay.get() || waiting.isEmpty() || !onItsWay.compareAndSet(false, true)) return
        scope.launch(context(), CoroutineStart.ATOMIC) {
            onItsWay.set(false)
            repeat(MOST) {
                val next = waiting.poll() ?: return@launch
                sendStarter()
                if (!start(next)) return@launch
            }
        }
    }

    private companion object {
        /**
         * After this many jobs, a starter yields to other tasks, such as handlers that resume. If this were less than a
         * claim returns, claims would outrun the starts when both share one thread.
         */
        const val MOST = 500
    }
}
