package io.pgqueuer.java.internal

import io.pgqueuer.java.AsyncJobInterceptor
import io.pgqueuer.java.JobContext
import io.pgqueuer.java.JobInterceptor
import io.pgqueuer.java.JobOutcome
import io.pgqueuer.java.JobQueue
import io.pgqueuer.JobContext as CoreJobContext
import io.pgqueuer.JobInterceptor as CoreJobInterceptor
import io.pgqueuer.JobOutcome as CoreJobOutcome

/** The interceptors of a worker, the outermost first. */
internal data class Interceptors(
    val blocking: List<JobInterceptor>,
    val async: List<AsyncJobInterceptor>,
) {
    /**
     * Makes what tells outcomes to those of these that want to hear them.
     *
     * @param isBlocking returns the kind of an entrypoint's handler: each interceptor sees only runs of its own kind.
     */
    fun ofOutcomes(queue: JobQueue, isBlocking: (String) -> Boolean): List<CoreJobInterceptor> =
        blocking.filter { it.hears(JobInterceptor::class.java) }.map { interceptor ->
            OutcomeTeller(queue, isBlocking, interceptor::onOutcome)
        } + async.filter { it.hears(AsyncJobInterceptor::class.java) }.map { interceptor ->
            OutcomeTeller(queue, { !isBlocking(it) }, interceptor::onOutcome)
        }

    /** Whether it has an `onOutcome` of its own. */
    private fun Any.hears(type: Class<*>): Boolean =
        javaClass.methods.any { it.name == "onOutcome" && it.declaringClass != type }
}

private class OutcomeTeller(
    private val queue: JobQueue,
    private val isOwn: (String) -> Boolean,
    private val tell: (JobContext, JobOutcome) -> Unit,
) : CoreJobInterceptor {
    override suspend fun intercept(context: CoreJobContext, next: suspend () -> Unit) = next()

    override fun onOutcome(context: CoreJobContext, outcome: CoreJobOutcome) {
        if (isOwn(context.job.entrypoint)) tell(JavaJobContext(context, queue), outcome.toJava())
    }
}
