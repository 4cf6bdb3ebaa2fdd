package io.pgqueuer.engine.calls

import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration

/**
 * Runs [block], which calls the store, for at most [bound].
 *
 * @param what completes the sentence "the store did not … within".
 * @throws StoreUnavailableException if there is no answer in that time. The call may have taken effect.
 */
internal suspend fun <T : Any> answeredWithin(bound: Duration, what: String, block: suspend () -> T): T {
    // An answer that arrives exactly when the time ends still counts.
    var answer: T? = null
    withTimeoutOrNull(bound) { answer = block() }
    return answer ?: throw StoreUnavailableException("the store did not $what within $bound")
}

/** Runs [block] and returns its result or its failure. Rethrows a cancellation. */
internal inline fun <T> attempt(block: () -> T): Result<T> = try {
    Result.success(block())
} catch (e: CancellationException) {
    throw e
} catch (e: Exception) {
    Result.failure(e)
}
