package io.pgqueuer.exposed.internal.connection

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
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
 * Runs blocking calls to the database, and breaks off those that take too long or that nobody waits for any more.
 *
 * There is no timer for each call. One coroutine looks at all running calls every [TICK]; it exists only while there
 * are some.
 */
internal class Watchdog {
    private val running = ConcurrentHashMap.newKeySet<WatchedCall>()
    private val isTicking = AtomicBoolean()

    /** Threads of its own: it must work when all others are stuck. */
    private val scope = CoroutineScope(Dispatchers.IO.limitedParallelism(1, "pgqueuer-watchdog"))

    /**
     * Runs [block] on [dispatcher].
     *
     * A caller that is cancelled returns at once, whatever the database does. By default the call then has two seconds
     * to end by itself, so that one that is nearly done ends cleanly; after the first its statement is canceled, after
     * the second its connection is aborted, which frees its thread.
     *
     * @param bound how long the call may take, from the moment at which it has a thread; null for as long as it likes.
     * @param onCancelled is told when the caller is cancelled. It must not block.
     * @param onUnheard receives the result if the caller has left meanwhile. It must not block.
     * @throws OverdueException if the call took longer than [bound]; it is unknown whether it took effect.
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
        // What the caller's context says of logging and tracing goes with the call; its cancellation does not.
        CoroutineScope(continuation.context.minusKey(Job) + dispatcher).launch {
            if (!continuation.isActive) return@launch
            val result = watched(call) { runCatching { block(call) } }.let(call::judge)
            val isFirst = answered.compareAndSet(false, true)
            result.fold(
                onSuccess = { value ->
                    if (isFirst) {
                        continuation.resume(value) { _, unheard, _ ->
                            onUnheard(unheard)
                        }
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
