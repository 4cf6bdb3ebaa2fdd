package io.pgqueuer.engine.running

import io.pgqueuer.engine.leases.RunningJob

/**
 * The failure of a job whose handler returned, but whose transaction that completed the job did not commit.
 *
 * It is created for every job that its handler completes, and rarely written. So it has no stack trace.
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
