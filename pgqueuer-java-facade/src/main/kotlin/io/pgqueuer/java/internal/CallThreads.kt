package io.pgqueuer.java.internal

import kotlinx.coroutines.Job
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlin.time.TimeSource

/** Where the calls of a backend run, and by which time: [FutureThreads], or the virtual time of a test. */
interface CallThreads {
    /** Where calls run after their first suspension. */
    val calls: CoroutineContext

    /** Where workers, watchers and the like run. */
    val background: CoroutineContext

    /** Measures how long handlers run. */
    val timeSource: TimeSource

    fun <T> newFuture(): CompletableFuture<T>

    /** Runs [functions] of users, which may block. */
    fun runFunctions(functions: () -> Unit)

    /** Calls [action], which must not block, after [delay], unless the returned object is closed before. */
    fun after(delay: Duration, action: () -> Unit): AutoCloseable

    /** Blocks until [job] has ended, or for [atMost]; returns whether it has ended. */
    fun await(job: Job, atMost: Duration = Duration.INFINITE): Boolean
}
