package io.pgqueuer.java.internal

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
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** Runs suspending calls of one client behind futures, until it is closed. */
class Calls {
    private val root = SupervisorJob()
    private val pending = ConcurrentHashMap.newKeySet<CompletableFuture<*>>()

    val scope = CoroutineScope(root + FutureThreads + CoroutineName("pgqueuer-java"))

    fun <T> call(block: suspend () -> T): CompletableFuture<T> = start(block).future

    /** Runs [block] up to its first suspension before this returns, and the rest on [FutureThreads]. */
    fun <T> start(block: suspend () -> T): Call<T> {
        if (!root.isActive) {
            return Call(CompletableFuture.failedFuture(IllegalStateException("this client is closed")), root)
        }
        val future = CompletableFuture<T>().also(pending::add)
        var outcome = Result.failure<T>(closed())
        val work = scope.launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                outcome = Result.success(block())
            } catch (e: Throwable) {
                if (isActive) outcome = Result.failure(e.original())
            }
        }
        // Only now, so that who sees the future complete finds the work ended.
        work.invokeOnCompletion {
            FutureThreads.runFunctions { outcome.fold(future::complete, future::completeExceptionally) }
        }
        future.whenComplete { _, _ ->
            pending -= future
            work.cancel()
        }
        return Call(future, work)
    }

    /** Cancels what runs, waits a while for it to end, and leaves no future without an end. */
    fun close() {
        val ended = CountDownLatch(1)
        root.invokeOnCompletion { ended.countDown() }
        root.cancel()
        try {
            ended.await(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS)
        } catch (_: InterruptedException) {
            Thread.currentThread().interrupt()
        }
        pending.forEach { FutureThreads.runFunctions { it.completeExceptionally(closed()) } }
    }

    private fun closed() = CancellationException("the client was closed before the call had ended")

    private companion object {
        const val ENDS_WITHIN_SECONDS = 5L
    }
}

/** A call that runs, and the [future] that is complete when it has ended or was cancelled; [work] may end later. */
class Call<T>(
    val future: CompletableFuture<T>,
    val work: Job,
)

/**
 * The exception that was thrown, where this one is its copy: with assertions enabled, coroutines copy an exception that
 * comes from another thread, and mark the copy's stack trace.
 */
internal fun Throwable.original(): Throwable {
    val thrown = cause?.takeIf { it.javaClass == javaClass } ?: return this
    return if (stackTrace.any { it.className.startsWith("_COROUTINE") }) thrown else this
}
