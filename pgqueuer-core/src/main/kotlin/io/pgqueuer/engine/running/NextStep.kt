package io.pgqueuer.engine.running

import kotlinx.coroutines.CancellationException
import java.util.concurrent.atomic.AtomicBoolean

/** What an interceptor wraps: it runs at most once, and only as long as the interceptor itself runs. */
internal class NextStep(
    private val step: suspend () -> Unit,
) {
    private val used = AtomicBoolean()

    /** The cancellation with which the step ended, if it did. */
    @Volatile
    var cancellation: CancellationException? = null
        private set

    suspend operator fun invoke() {
        check(used.compareAndSet(false, true)) {
            "an interceptor called next twice, or after it had returned; to run the job again, throw RetryRequested"
        }
        try {
            step()
        } catch (e: CancellationException) {
            cancellation = e
            throw e
        }
    }

    /** Refuses a call from now on. */
    fun close() {
        used.set(true)
    }
}
