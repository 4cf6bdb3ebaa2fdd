package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.port.Signal
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.job
import kotlinx.coroutines.launch

/**
 * Lets any number of collectors share one listener.
 *
 * The first collector starts [source], and the last one to leave ends it. A later collector immediately receives the
 * current state of the connection. Each collector has its own backlog, so that a slow one delays neither the listener
 * nor the others.
 *
 * @param source listens until it is cancelled, and passes each signal to its parameter, on any thread, one at a time.
 * @param backlog how many signals wait for a slow collector. If there are more, one [Signal.Listening] replaces them.
 * It means that events may have been missed, so the collector should look for changes.
 */
internal class SharedListener(
    dispatcher: CoroutineDispatcher,
    private val backlog: Int = 1_024,
    private val source: suspend (tell: (Signal) -> Unit) -> Unit,
) {
    private val scope = CoroutineScope(SupervisorJob() + dispatcher)
    private val lock = Any()
    private val collectors = LinkedHashSet<Collector>()
    private var listening: Job? = null
    private var isClosed = false

    /** The last known state of the connection: listening or interrupted; null during the first attempt. */
    private var state: Signal? = null

    fun listen(): Flow<Signal> = flow {
        val collector = Collector()
        add(collector)
        try {
            while (true) emit(collector.next())
        } finally {
            remove(collector)
        }
    }

    /** Ends the listener, and passes [why] to all collectors. It does not start again. */
    fun close(why: Throwable) {
        synchronized(lock) {
            isClosed = true
            tell(Signal.Interrupted(why))
            listening = null
        }
        scope.cancel()
    }

    private fun add(collector: Collector) = synchronized(lock) {
        collectors += collector
        state?.let(collector::take)
        if (listening == null && !isClosed) {
            val job = scope.launch(start = CoroutineStart.LAZY) {
                val self = coroutineContext.job
                source { signal ->
                    synchronized(lock) {
                        if (listening === self) tell(signal)
                    }
                }
            }
            listening = job
            job.start()
        }
    }

    private fun remove(collector: Collector) = synchronized(lock) {
        collectors -= collector
        if (collectors.isEmpty() && !isClosed) {
            listening?.cancel()
            listening = null
            state = null
        }
    }

    private fun tell(signal: Signal) {
        if (signal !is Signal.Received) state = signal
        collectors.forEach { it.take(signal) }
    }

    /** Guarded by [lock], except [next]. */
    private inner class Collector {
        private val waiting = ArrayDeque<Signal>()
        private val wake = Channel<Unit>(Channel.CONFLATED)

        fun take(signal: Signal) {
            if (waiting.size >= backlog) overflow()
            waiting += signal
            wake.trySend(Unit)
        }

        /** Keeps the last interruption, unless it was already delivered, and the current state of the listener. */
        private fun overflow() {
            val interruption = waiting.lastOrNull { it is Signal.Interrupted }
            waiting.clear()
            if (interruption != null) waiting += interruption
            if (state is Signal.Listening) waiting += Signal.Listening
        }

        suspend fun next(): Signal {
            while (true) {
                synchronized(lock) { waiting.removeFirstOrNull() }?.let { return it }
                wake.receive()
            }
        }
    }
}
