package io.pgqueuer.java.internal

import io.pgqueuer.java.JobInterceptor
import io.pgqueuer.java.JobQueue
import io.pgqueuer.JobContext as CoreJobContext
import io.pgqueuer.JobInterceptor as CoreJobInterceptor
import io.pgqueuer.JobOutcome as CoreJobOutcome

/** Makes what tells outcomes to those of these interceptors that want to hear them. */
internal fun List<JobInterceptor>.ofOutcomes(queue: JobQueue): List<CoreJobInterceptor> =
    filter(JobInterceptor::hearsOutcomes).map { OutcomeTeller(queue, it) }

/** Whether it has an `onOutcome` of its own. */
private fun JobInterceptor.hearsOutcomes(): Boolean =
    javaClass.methods.any { it.name == "onOutcome" && it.declaringClass != JobInterceptor::class.java }

private class OutcomeTeller(
    private val queue: JobQueue,
    private val interceptor: JobInterceptor,
) : CoreJobInterceptor {
    override suspend fun intercept(context: CoreJobContext, next: suspend () -> Unit) = next()

    override fun onOutcome(context: CoreJobContext, outcome: CoreJobOutcome) =
        interceptor.onOutcome(JavaJobContext(context, queue), outcome.toJava())
}
