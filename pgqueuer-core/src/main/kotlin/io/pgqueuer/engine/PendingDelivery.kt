package io.pgqueuer.engine

import io.pgqueuer.Delivery
import io.pgqueuer.JobContext
import io.pgqueuer.RetryRequested
import io.pgqueuer.domain.Job
import kotlinx.coroutines.CompletableDeferred
import kotlin.time.Duration

/** Stands between the collector, which answers, and the handler, which waits for the answer. */
internal class PendingDelivery(
    context: JobContext,
) : Delivery {
    override val job: Job = context.job

    private val running = (context as RunContext).running
    private val answer = CompletableDeferred<RetryRequested?>()
    private val settled = CompletableDeferred<Boolean>()

    init {
        running.onSettled = settled::complete
    }

    override suspend fun ack() = answer(null)

    override suspend fun nack(delay: Duration) = answer(RetryRequested(delay, "nack"))

    /** Returns on an acknowledgement, and throws what re-queues the job when it was put back. */
    suspend fun awaitAnswer() {
        answer.await()?.let { throw it }
    }

    private suspend fun answer(answer: RetryRequested?) {
        check(this.answer.complete(answer)) { "$running is answered already; answer a delivery once" }
        if (!settled.await()) throw StopReason.LeaseLost(running).failure
    }
}
