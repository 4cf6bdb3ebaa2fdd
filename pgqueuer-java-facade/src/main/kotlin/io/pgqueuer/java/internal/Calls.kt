package io.pgqueuer.java.internal

import io.pgqueuer.StoreClosedException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration.Companion.seconds

/** Runs the suspending calls of one backend behind futures on [threads], until it is closed. */
internal class Calls(
    private val threads: CallThreads,
) {
    private val root = SupervisorJob()
    private val pending = ConcurrentHashMap.newKeySet<CompletableFuture<*>>()

    private val calls = CoroutineScope(root + threads.calls + CoroutineName("pgqueuer-java"))

    /** For what runs beside the calls, until this is closed. */
    val background = CoroutineScope(root + threads.background + CoroutineName("pgqueuer-java"))

    fun <T> call(block: suspend () -> T): CompletableFuture<T> = start(block = block).future

    /** Runs [block] up to its first suspension before this returns, and the rest in [on]. */
    fun <T> start(on: CoroutineScope = calls, block: suspend () -> T): Call<T> {
        if (!root.isActive) return refused()
        val future = threads.newFuture<T>().also(pending::add)
        var outcome: Result<T>? = null
        val work = on.launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                outcome = Result.success(block())
            } catch (e: Throwable) {
                if (isActive) outcome = Result.failure(e.original())
            }
        }
        // Not earlier: whoever sees the future complete must find the work ended.
        val complete = { (outcome ?: Result.failure(cutShort())).fold(future::complete, future::completeExceptionally) }
        if (work.isCompleted) {
            // As in a transaction of the caller's thread. No function can be chained to the future yet.
            complete()
        } else {
            work.invokeOnCompletion { threads.runFunctions { complete() } }
        }
        future.whenComplete { _, _ ->
            pending -= future
            work.cancel()
        }
        return Call(future, work)
    }

    /** A call that fails because the backend is closed. */
    fun <T> refused(): Call<T> {
        val failure = StoreClosedException("this backend is closed; make a new one to use the queue again")
        return Call(CompletableFuture.failedFuture(failure), Job().apply { complete() })
    }

    /** Cancels all calls, waits up to [ENDS_WITHIN] for them to end, and completes all futures. */
    fun close() {
        root.cancel()
        awaitEnd(root)
        pending.forEach { threads.runFunctions { it.completeExceptionally(cutShort()) } }
    }

    /** Blocks until [job] has ended, for up to [ENDS_WITHIN], or until the thread is interrupted. */
    fun awaitEnd(job: Job) {
        try {
            threads.await(job, ENDS_WITHIN)
        } catch (_: InterruptedException) {
            Thread.currentThread().interrupt()
        }
    }

    private fun cutShort() = CancellationException("the backend was closed before the call had ended")

    private companion object {
        val ENDS_WITHIN = 5.seconds
    }
}

/**
 * A running call. Its [future] completes when the call has ended or was cancelled; after a cancel, [work] may end
 * later.
 */
internal class Call<T>(
    val future: CompletableFuture<T>,
    val work: Job,
)

/**
 * Returns the exception that was thrown if this one is a copy of it. With assertions enabled, coroutines copy an
 * exception that comes from another thread, and mark the copy's stack trace.
 */
internal fun Throwable.original(): Throwable {
    val thrown = cause?.takeIf { it.javaClass == javaClass } ?: return this
    return if (stackTrace.any { it.className.startsWith("_COROUTINE") }) thrown else this
}
