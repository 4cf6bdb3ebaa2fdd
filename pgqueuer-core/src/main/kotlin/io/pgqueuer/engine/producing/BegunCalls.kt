package io.pgqueuer.engine.producing

import io.pgqueuer.EnqueueCall
import io.pgqueuer.EnqueueCallInterceptor
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.failures.safeToString
import org.slf4j.LoggerFactory

/** What the interceptors have begun for one call that enqueues jobs. */
internal class BegunCalls {
    private val begun = ArrayList<EnqueueCall>()

    /** Passes [jobs] through [interceptors] in their order, and returns what to store. */
    fun begin(interceptors: List<EnqueueCallInterceptor>, jobs: List<NewJob>): List<NewJob> =
        interceptors.fold(jobs) { before, interceptor ->
            val call = interceptor.begin(before)
            begun += call
            call.jobs.also {
                check(it.size == before.size) {
                    "an interceptor of enqueue calls must return as many jobs as it got (${before.size}), " +
                        "returned ${it.size}"
                }
            }
        }

    fun stored(ids: List<JobId?>) = end { it.stored(ids) }

    fun failed(failure: Throwable) = end { it.failed(failure) }

    private inline fun end(tell: (EnqueueCall) -> Unit) {
        for (call in begun.asReversed()) {
            try {
                tell(call)
            } catch (e: Throwable) {
                log.warn("an interceptor failed at the end of an enqueue, whose result stays: {}", e.safeToString())
            }
        }
    }

    private companion object {
        val log = LoggerFactory.getLogger(BegunCalls::class.java)
    }
}
