package io.pgqueuer.engine.calls

import io.pgqueuer.StoreOperation
import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.events.Events
import kotlinx.coroutines.delay
import kotlin.time.Duration

/**
 * Repeats [block] with growing waits until the store answers, and returns the answer.
 *
 * @param onFailure receives each failure and returns the longest wait before the next try. If it returns null, this
 * function gives up and returns null.
 */
internal suspend fun <T : Any> Events.untilAnswered(
    operation: StoreOperation,
    backoff: Backoff,
    onFailure: (Throwable) -> Duration? = { Duration.INFINITE },
    block: suspend () -> T,
): T? {
    while (true) {
        val failure = attempt { block() }.fold(
            onSuccess = { answer ->
                backoff.reset()
                return answer
            },
            onFailure = { it },
        )
        val longest = onFailure(failure) ?: return null
        val wait = minOf(backoff.next(failure), longest)
        send(WorkerEvent.StoreFailed(worker, operation, failure, wait))
        delay(wait)
    }
}
