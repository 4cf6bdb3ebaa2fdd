package io.pgqueuer.engine.running

import io.pgqueuer.engine.leases.RunningJob

/**
 * The failure of a job whose handler returned though the transaction that it completed the job in did not commit.
 *
 * Made for every job that its handler completes and rarely written, hence without a stack trace.
 */
internal class CompletionRolledBackException(
    running: RunningJob,
) : RuntimeException(
    "$running was completed in a transaction that did not commit, yet its handler returned; " +
        "let the failure of the transaction out of the handler",
    null,
    false,
    false,
)
