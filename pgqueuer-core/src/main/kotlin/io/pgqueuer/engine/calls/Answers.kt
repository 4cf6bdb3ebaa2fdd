package io.pgqueuer.engine.calls

import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration

/** How long a renewal may take: until the lease is overdue. A worker that was stalled still gets a moment to ask. */
internal fun renewalBound(untilOverdue: Duration, leaseTimeout: Duration): Duration =
    minOf(untilOverdue, leaseTimeout / 3).takeIf { it.isPositive() } ?: (leaseTimeout / 10)

/**
 * Runs [block], which asks the store, for at most [bound].
 *
 * @param what completes the sentence "the store did not … within".
 * @throws StoreUnavailableException if there is no answer by then. What was asked for may have taken effect.
 */
internal suspend fun <T : Any> answeredWithin(bound: Duration, what: String, block: suspend () -> T): T {
    // An answer that comes together with the end of the time still counts.
    var answer: T? = null
    withTimeoutOrNull(bound) { answer = block() }
    return answer ?: throw StoreUnavailableException("the store did not $what within $bound")
}

/** Runs [block], and returns its result or its failure. A cancellation is thrown on. */
internal inline fun <T> attempt(block: () -> T): Result<T> = try {
    Result.success(block())
} catch (e: CancellationException) {
    throw e
} catch (e: Exception) {
    Result.failure(e)
}
