package io.pgqueuer.engine.calls

import io.pgqueuer.StoreClosedException
import io.pgqueuer.StoreOperation
import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.events.Events
import io.pgqueuer.engine.signals.StopSignal
import kotlinx.coroutines.withTimeoutOrNull

/** How claims of jobs and of schedules ask the store, and wait when it does not answer. */
internal class ClaimCalls(
    private val operation: StoreOperation,
    private val contact: StoreContact,
    private val events: Events,
    private val backoff: Backoff,
    private val stop: StopSignal,
) {
    /**
     * Returns what [claim] returns. If it fails, returns null after a wait, which a stop cuts short.
     *
     * @throws StoreClosedException if the store was closed: trying again is of no use.
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
