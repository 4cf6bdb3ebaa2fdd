package io.pgqueuer.engine

import io.pgqueuer.JobContext
import io.pgqueuer.domain.Job

/** What a user registered to run for each job. */
internal sealed interface Handler {
    class Suspending(
        val body: suspend JobContext.(Job) -> Unit,
    ) : Handler

    /** Blocks its thread; interrupted when it is cancelled. */
    class Blocking(
        val body: JobContext.(Job) -> Unit,
    ) : Handler
}
