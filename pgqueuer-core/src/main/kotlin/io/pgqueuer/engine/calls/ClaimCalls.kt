package io.pgqueuer.engine.calls

import io.pgqueuer.StoreClosedException
import io.pgqueuer.StoreOperation
import io.pgqueuer.WorkerEvent
import kotlinx.coroutines.withTimeoutOrNull

/** Calls the store for claims of jobs and schedules, and waits when it does not answer. */
internal class ClaimCalls(
    private val operation: StoreOperation,
    context: EngineContext,
) {
    private val contact = context.contact
    private val events = context.events
    private val backoff = context.backoff()
    private val stop = context.stop

    /**
     * Returns what [claim] returns. If it fails, returns null after a wait, which a stop cuts short.
     *
     * @throws StoreClosedException if the store was closed: a retry cannot succeed.
     */
    suspend fun <T : Any> call(claim: suspend () -> T): T? {
        val failure = attempt { claim() }.fold(
            onSuccess = { claimed ->
                contact.confirmed()
                backoff.reset()
                return claimed
            },
            onFailure = { it },
        )
        if (failure is StoreClosedException) throw failure
        contact.lost()
        val wait = backoff.next(failure)
        events.send(WorkerEvent.StoreFailed(events.worker, operation, failure, wait))
        withTimeoutOrNull(wait) { stop.awaitRequested() }
        return null
    }
}
