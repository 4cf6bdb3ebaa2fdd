package io.pgqueuer.engine.watching

import io.pgqueuer.JobStatus
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.consumeAsFlow

/**
 * Waits for the statuses of one job.
 *
 * @property everyChange whether it wants to know every status, and not only the last one.
 */
internal class StatusWaiter(
    val everyChange: Boolean,
) {
    private val seen = Channel<JobStatus>(Channel.UNLIMITED)
    private var last: JobStatus? = null

    /** Whether the job was seen, in the queue or in the log. */
    var isKnown = false
        private set

    /** Each status that differs from the one before. It ends when the waiter is told the last one. */
    val statuses: Flow<JobStatus> = seen.consumeAsFlow()

    /** The job is in the queue. */
    fun sawInQueue() {
        isKnown = true
    }

    fun saw(status: JobStatus, isLast: Boolean) {
        isKnown = true
        if (status != last) seen.trySend(status)
        last = status
        if (isLast) seen.close()
    }

    fun failed(cause: Throwable) {
        seen.close(cause)
    }
}
