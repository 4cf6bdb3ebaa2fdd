package io.pgqueuer.engine.threads

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Starts what is handed over, in order, on as many threads of [scope]'s dispatcher as are free.
 *
 * Dispatched each by itself, short handlers cost less than the wake-ups of the threads that share them. So it is
 * starters that are dispatched: each starts some, one after the other, and as long as one is left, a further starter is
 * on its way to the next thread that gets free. A handler that keeps its thread keeps no other.
 *
 * @param start runs a job up to where it first suspends, on the thread that it is called on.
 */
internal class Starters<T : Any>(
    private val scope: CoroutineScope,
    private val start: (T) -> Unit,
) {
    private val waiting = ConcurrentLinkedQueue<T>()
    private val onItsWay = AtomicBoolean()

    fun handOver(element: T) {
        waiting.add(element)
        sendStarter()
    }

    /** Takes back what is not started yet. */
    fun takeBack(): List<T> = generateSequence(waiting::poll).toList()

    // ATOMIC: a dispatcher that takes no more tasks cancels them and has them run elsewhere. Whoever waits must be started.
    @OptIn(DelicateCoroutinesApi::class, ExperimentalCoroutinesApi::class)
    private fun sendStarter() {
        if (onItsWay.get() || waiting.isEmpty() || !onItsWay.compareAndSet(false, true)) return
        scope.launch(start = CoroutineStart.ATOMIC) {
            onItsWay.set(false)
            repeat(MOST) {
                val next = waiting.poll() ?: return@launch
                sendStarter()
                start(next)
            }
        }
    }

    private companion object {
        /**
         * After so many, a starter lets the dispatcher turn to others: to handlers that were started, and go on. Fewer
         * than a claim brings would let claims outrun the starts where both share one thread.
         */
        const val MOST = 500
    }
}
