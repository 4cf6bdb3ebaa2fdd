package io.pgqueuer

import kotlin.time.Duration

/** The exceptions of this library. It also throws [IllegalArgumentException] and [IllegalStateException]. */
public sealed class PgQueuerException(
    message: String,
    cause: Throwable? = null,
) : RuntimeException(message, cause)

/**
 * Dedupe keys of an enqueue are taken. Nothing of its batch was stored.
 *
 * @property keys the taken keys, in the order of the batch, each once.
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

/**
 * Database objects that the queue needs are missing, or are not as expected.
 *
 * @property differences what [SchemaManager.verify] found, with warnings, if the exception is from a call of
 * [SchemaManager]; otherwise empty. A queue of which nothing is installed is one difference.
 */
public class SchemaException(
    message: String,
    public val differences: List<SchemaDifference> = emptyList(),
) : PgQueuerException(message)

/** The store cannot be reached, or the connection broke. The call may or may not have taken effect. */
public class StoreUnavailableException(
    message: String,
    cause: Throwable? = null,
) : PgQueuerException(message, cause)

/** A view of the queue or its log took too long, and the server ended it. Ask for less: see the message. */
public class ViewTimeoutException(
    message: String,
    cause: Throwable? = null,
) : PgQueuerException(message, cause)

/** The backend is closed. A worker that runs on it ends with this exception. Trying again does not help. */
public class StoreClosedException(
    message: String,
    cause: Throwable? = null,
) : PgQueuerException(message, cause)

/**
 * A worker ended because a part of it failed beyond repair: see the cause. The application's log has it already, as an
 * error. Its unfinished jobs run again.
 */
public class WorkerFailedException(
    message: String,
    cause: Throwable,
) : IllegalStateException(message, cause)

/**
 * The job [jobId] can no longer end: it is not in the queue, and its log has no end of it. Somebody deleted its row or
 * truncated the table, as `clear_queue()` of Python PgQueuer does.
 */
public class JobGoneException(
    public val jobId: JobId,
) : PgQueuerException(
    "job $jobId is gone: it is not in the queue, and the log has no end of it; its row was deleted or the table truncated",
)

/** The handler of the job [jobId] ran longer than its entrypoint's [timeout]. */
public class JobTimeoutException(
    public val jobId: JobId,
    public val timeout: Duration,
    entrypoint: String,
) : PgQueuerException("job $jobId of entrypoint '$entrypoint' ran longer than its timeout of $timeout")

/** In the record of a job that is held because its lease has expired too often in a row. */
public class PoisonJobException(
    message: String,
) : PgQueuerException(message)

/** In the record of a job that is held because its row cannot be read. */
public class UnreadableJobException(
    message: String,
) : PgQueuerException(message)

/**
 * The worker no longer holds the lease of the job [jobId], so it can no longer change the job.
 *
 * Calls such as `ack` and `completeIn` throw it. It is not a `CancellationException`: a coroutine that does not catch
 * it fails. A handler whose lease is lost while it runs is cancelled, with this exception as the cause of the
 * cancellation.
 */
public class LeaseLostException(
    public val jobId: JobId,
    message: String,
) : PgQueuerException(message)
