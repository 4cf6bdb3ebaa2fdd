package io.pgqueuer.engine.running

import kotlinx.coroutines.CancellationException
import java.util.concurrent.atomic.AtomicBoolean

/** The step that an interceptor wraps. It runs at most once, and only while the interceptor itself runs. */
internal class NextStep(
    private val step: suspend () -> Unit,
) {
    private val used = AtomicBoolean()

    /** The cancellation that ended the step, if one did. */
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

    /** Refuses all further calls. */
    fun close() {
        used.set(true)
    }
}
