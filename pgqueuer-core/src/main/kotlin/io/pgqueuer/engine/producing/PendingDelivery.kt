package io.pgqueuer.engine.producing

import io.pgqueuer.Delivery
import io.pgqueuer.JobContext
import io.pgqueuer.JobOutcome
import io.pgqueuer.LeaseLostException
import io.pgqueuer.RetryRequested
import io.pgqueuer.StoredJob
import io.pgqueuer.engine.running.RunContext
import kotlinx.coroutines.CompletableDeferred
import kotlin.time.Duration

/** Connects the collector, which answers, with the handler, which waits for the answer. */
internal class PendingDelivery(
    context: JobContext,
) : Delivery {
    override val job: StoredJob = context.job

    private val running = (context as RunContext).running
    private val answer = CompletableDeferred<RetryRequested?>()
    private val settled = CompletableDeferred<JobOutcome?>()

    init {
        running.onEnded = settled::complete
    }

    override suspend fun ack() = answer(null)

    override suspend fun nack(delay: Duration) = answer(RetryRequested(delay, "nack"))

    /** Returns on an acknowledgement. On a negative one, throws what re-queues the job. */
    suspend fun awaitAnswer() {
        answer.await()?.let { throw it }
    }

    private suspend fun answer(answer: RetryRequested?) {
        check(this.answer.complete(answer)) { "$running is answered already; answer a delivery once" }
        val written = settled.await()
        val isAnswer = if (answer == null) written is JobOutcome.Succeeded else written is JobOutcome.Retried
        if (!isAnswer) {
            throw LeaseLostException(
                job.id,
                "$running is no longer this collector's: it was given back, canceled, or taken over after its lease " +
                    "expired. The answer changed nothing",
            )
        }
    }
}
