package io.pgqueuer

import kotlin.time.Duration

/** What this library throws on purpose, besides [IllegalArgumentException] and [IllegalStateException]. */
public sealed class PgQueuerException(
    message: String,
    cause: Throwable? = null,
) : RuntimeException(message, cause)

/**
 * An enqueue met dedupe keys that are taken; nothing of its batch was stored.
 *
 * @property keys the keys that were taken, in the order of the batch, each once.
 */
public class DuplicateJobException(
    public val keys: List<String>,
) : PgQueuerException(
    "dedupe key${if (keys.size == 1) "" else "s"} taken by an active job or twice in the batch: ${shown(keys)}; " +
        "nothing was stored. Wait for the active job to end, or enqueue with onConflict = SKIP",
) {
    private companion object {
        const val MAX_SHOWN = 10

        fun shown(keys: List<String>): String =
            keys.take(MAX_SHOWN).joinToString { "'$it'" } + if (keys.size > MAX_SHOWN) ", … (${keys.size})" else ""
    }
}

/** The database objects that the queue needs are missing or not as expected. */
public class SchemaException(
    message: String,
) : PgQueuerException(message)

/** The store cannot be reached, or the connection to it broke; the operation may or may not have taken effect. */
public class StoreUnavailableException(
    message: String,
    cause: Throwable? = null,
) : PgQueuerException(message, cause)

/** The backend was closed. A worker that runs on it ends with this exception; trying again is of no use. */
public class StoreClosedException(
    message: String,
    cause: Throwable? = null,
) : PgQueuerException(message, cause)

/** The handler of the job [jobId] ran longer than its entrypoint's [timeout]. */
public class JobTimeoutException(
    public val jobId: JobId,
    public val timeout: Duration,
    entrypoint: String,
) : PgQueuerException("job $jobId of entrypoint '$entrypoint' ran longer than its timeout of $timeout")

/** The lease of a job expired under it so often that it is held instead of run again. */
public class PoisonJobException(
    message: String,
) : PgQueuerException(message)

/** The row of a job holds what cannot be read, so that the job is held instead of run. */
public class UnreadableJobException(
    message: String,
) : PgQueuerException(message)

/**
 * The worker no longer holds the lease of the job [jobId], so it can no longer change the job.
 *
 * Calls such as `ack` and `completeIn` throw it. It is not a `CancellationException`: a coroutine that does not catch it
 * fails. A handler whose lease is lost while it runs is cancelled, with this exception as the cause of the cancellation.
 */
public class LeaseLostException(
    public val jobId: JobId,
    message: String,
) : PgQueuerException(message)
