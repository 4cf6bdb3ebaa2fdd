@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.exposed.internal.connection

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine
import org.slf4j.LoggerFactory
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/**
 * Runs blocking calls to the database, and aborts those that take too long or whose caller has left.
 *
 * Calls have no timers of their own. One coroutine checks all running calls every [TICK]; it exists only while calls
 * are running.
 */
internal class Watchdog {
    private val running = ConcurrentHashMap.newKeySet<WatchedCall>()
    private val isTicking = AtomicBoolean()

    /** It has its own thread: it must work even if all others are stuck. */
    private val scope = CoroutineScope(Dispatchers.IO.limitedParallelism(1))

    /**
     * Runs [block] on [dispatcher].
     *
     * A caller that is cancelled returns immediately, whatever the database does. By default the call then has two
     * seconds to end, so that a call that is nearly done ends cleanly. After one second its statement is canceled.
     * After two seconds its connection is aborted, which frees its thread.
     *
     * @param bound timeout of the call, counted from when it gets a thread; null for none.
     * @param onCancelled is called when the caller is cancelled. It must not block.
     * @param onUnheard receives the result if the caller was cancelled before the call ended. It must not block.
     * @throws OverdueException if the call took longer than [bound]; whether it took effect is unknown.
     */
    suspend fun <T> run(
        dispatcher: CoroutineDispatcher,
        bound: Duration?,
        onCancelled: (WatchedCall) -> Unit = WatchedCall::abandon,
        onUnheard: (T) -> Unit = {},
        block: (WatchedCall) -> T,
    ): T = suspendCancellableCoroutine { continuation ->
        val answered = AtomicBoolean()
        val call = WatchedCall(bound, onOverdue = { failure ->
            if (answered.compareAndSet(false, true)) continuation.resumeWith(Result.failure(failure))
        })
        continuation.invokeOnCancellation { onCancelled(call) }
        // The call keeps the logging and tracing context of the caller, but not its cancellation.
        CoroutineScope(continuation.context.minusKey(Job) + dispatcher).launch {
            if (!continuation.isActive) return@launch
            val result = watched(call) { runCatching { block(call) } }.let(call::judge)
            val isFirst = answered.compareAndSet(false, true)
            result.fold(
                onSuccess = { value ->
                    if (isFirst) {
                        continuation.resume(value) { onUnheard(value) }
                    } else {
                        onUnheard(value)
                    }
                },
                onFailure = { if (isFirst) continuation.resumeWith(Result.failure(it)) },
            )
        }
    }

    private inline fun <T> watched(call: WatchedCall, block: () -> T): T {
        call.start(System.nanoTime())
        running += call
        if (!isTicking.get() && isTicking.compareAndSet(false, true)) scope.launch { tick() }
        try {
            return block()
        } finally {
            running -= call
        }
    }

    private suspend fun tick() {
        do {
            delay(TICK)
            val now = System.nanoTime()
            for (call in running) {
                runCatching { call.check(now) }.onFailure { log.warn("cannot break off a call to the database", it) }
            }
        } while (!mayRest())
    }

    private fun mayRest(): Boolean {
        if (running.isNotEmpty()) return false
        isTicking.set(false)
        return running.isEmpty() || !isTicking.compareAndSet(false, true)
    }

    private companion object {
        val TICK = 200.milliseconds
        val log = LoggerFactory.getLogger(Watchdog::class.java)
    }
}
