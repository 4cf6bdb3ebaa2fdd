package io.pgqueuer.engine

import io.pgqueuer.StoreClosedException
import io.pgqueuer.WorkerFailedException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** How long a worker waits until it starts again, from one failed run to the next. */
internal class RestartWait {
    private var wait = Duration.ZERO

    /** The wait after a run that failed after [ran]. */
    fun after(ran: Duration): Duration {
        wait = if (ran >= LONG_RUN) SHORTEST else (wait * 2).coerceIn(SHORTEST, LONGEST)
        return wait
    }

    companion object {
        private val SHORTEST = 1.seconds
        private val LONGEST = 30.seconds
        private val LONG_RUN = 5.minutes

        /** Whether [failure] of a run can pass by itself. What the worker itself has wrong stays wrong. */
        fun helps(failure: Exception): Boolean = when (failure) {
            is WorkerFailedException -> true
            is StoreClosedException, is IllegalArgumentException, is IllegalStateException -> false
            else -> true
        }
    }
}
