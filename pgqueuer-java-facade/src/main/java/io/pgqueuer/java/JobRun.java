package io.pgqueuer.java;

import io.pgqueuer.LeaseLostException;
import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** One run of a job, as its handler sees it. Implemented by this library; more methods may come. */
public interface JobRun {
    /** The job, as it was claimed. */
    Job job();

    /** The bytes that the job carries; null where it carries none. */
    default byte @Nullable [] payload() {
        return job().payload();
    }

    /** Which run of the job this is: 1 on the first, one more with each retry. */
    default int attempt() {
        return job().attempts() + 1;
    }

    /** Grows with each claim of the job: fences writes to places that the queue cannot fence. */
    default long leaseEpoch() {
        return job().leaseEpoch();
    }

    /** Takes follow-up jobs. */
    JobQueue queue();

    /**
     * Completes the job in the transaction that the handler has begun on {@code connection}: the handler's writes and
     * the end of the job are committed together, or not at all. Blocks; let it be the last write before the commit.
     *
     * <p>The job's row stays locked until the transaction ends. A handler that returns although the transaction did not
     * commit has failed. Completing the job again in the same transaction does nothing.
     *
     * <p>If the transaction is REPEATABLE READ or SERIALIZABLE, call {@link #lockIn} first.
     *
     * @throws LeaseLostException if the worker no longer holds the job. It is an ordinary exception, of
     *     {@link io.pgqueuer.PgQueuerException}: do not catch it, so that the transaction rolls back.
     * @throws IllegalArgumentException if {@code connection} is in autocommit mode or closed, or the job is not from
     *     PostgreSQL.
     * @throws IllegalStateException if a statement of the transaction has failed; if the transaction is REPEATABLE READ
     *     or SERIALIZABLE, and the lease was renewed since it began; if this run has completed the job in an earlier
     *     transaction.
     */
    void completeIn(Connection connection);

    /**
     * Locks the job's row in the transaction on {@code connection} until that ends, so that {@link #completeIn} works in
     * a transaction that is REPEATABLE READ or SERIALIZABLE. Call it as the first statement of the transaction.
     *
     * <p>Such a transaction cannot delete a row that was changed after it began, and each renewal of the lease changes
     * the row. The job stays this worker's for as long as the transaction is open. READ COMMITTED, the default, needs no
     * lock.
     *
     * @throws LeaseLostException if the worker no longer holds the job; let it out, so that the transaction rolls back.
     * @throws IllegalArgumentException if {@code connection} is in autocommit mode or closed, or the job is not from
     *     PostgreSQL.
     * @throws IllegalStateException if it comes too late: the lease was renewed since the transaction began; or if a
     *     statement of the transaction has failed.
     */
    void lockIn(Connection connection);
}
