package io.pgqueuer.examples

import io.pgqueuer.Worker
import io.pgqueuer.RetryPolicy
import io.pgqueuer.Backend
import java.time.ZoneId

/**
 * A report each working day at six in the evening in Berlin. The schedule only enqueues: the job has retries, and the
 * dedupe key sees to it that a run which another worker took over makes no second report.
 */
fun reportWorker(backend: Backend, report: suspend (day: String) -> Unit): Worker = backend.worker {
    schedule("daily-report", "0 18 * * MON-FRI", { zone = ZoneId.of("Europe/Berlin"); cleanOld = true }) {
        val day = "$dueAt".substringBefore('T')
        queue.enqueue("report", day.encodeToByteArray()) { dedupeKey = "report:$day" }
    }
    entrypoint("report", { retry = RetryPolicy.exponential(maxAttempts = 3) }) { job ->
        report(checkNotNull(job.payload).decodeToString())
    }
}
