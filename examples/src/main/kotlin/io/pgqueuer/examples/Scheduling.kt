package io.pgqueuer.examples

import io.pgqueuer.Backend
import io.pgqueuer.RetryPolicy
import io.pgqueuer.Worker
import java.time.ZoneId

/**
 * Makes a report every working day at six in the evening in Berlin. The schedule only enqueues a job, so that the report
 * is retried. The dedupe key prevents a second report if another worker takes the run of the schedule over.
 */
fun reportWorker(backend: Backend, report: suspend (day: String) -> Unit): Worker = backend.worker {
    schedule("daily-report", "0 18 * * MON-FRI", {
        zone = ZoneId.of("Europe/Berlin")
        cleanOld = true
    }) {
        val day = "$dueAt".substringBefore('T')
        queue.enqueue("report", day) { dedupeKey = "report:$day" }
    }
    entrypoint("report", { retry = RetryPolicy.exponential(maxAttempts = 3) }) { job ->
        report(checkNotNull(job.payloadText))
    }
}
