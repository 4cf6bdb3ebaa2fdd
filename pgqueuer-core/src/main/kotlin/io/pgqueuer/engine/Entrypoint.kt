package io.pgqueuer.engine

import io.pgqueuer.JobContext
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.domain.Job
import io.pgqueuer.domain.requireEntrypoint
import kotlin.time.Duration

/** One registered handler with its options. */
internal class Entrypoint(
    val name: String,
    val concurrencyLimit: Int,
    val onFailure: OnFailure,
    val retry: RetryPolicy,
    val timeout: Duration,
    val handler: Handler<JobContext, Job>,
) {
    init {
        requireEntrypoint(name)
        require(concurrencyLimit >= 0) { "concurrencyLimit must be >= 0, was $concurrencyLimit (entrypoint '$name')" }
        require(timeout.isPositive()) { "timeout must be > 0, was $timeout (entrypoint '$name')" }
    }
}
