package io.pgqueuer.java;

import io.pgqueuer.LeaseLostException;
import java.sql.Connection;
import java.time.Duration;

/**
 * The job that a handler runs, and what the handler can do with it.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface JobContext {
    /** The job, as it was claimed. */
    StoredJob job();

    /**
     * Returns the bytes that the job carries. They are not copied: do not write to them.
     *
     * @throws IllegalStateException if the job has no payload. If that is allowed, use {@code job().payload()}.
     */
    default byte[] payload() {
        return job().payload().orElseThrow(() -> new IllegalStateException("job " + job().id() + " of entrypoint '"
                + job().entrypoint() + "' has no payload; if that is allowed, read job().payload()"));
    }

    /**
     * Returns the payload as text in UTF-8.
     *
     * @throws IllegalStateException if the job has no payload, or one that is not UTF-8.
     */
    default String payloadText() {
        payload();
        return job().payloadText().orElseThrow();
    }

    /** Which run of the job this is: 1 on the first run, and one more with each retry. */
    int attempt();

    /** How long the job was due before it was claimed for this run. */
    Duration waited();

    /**
     * Grows with each claim of the job. Use it to fence writes to other systems: refuse a write whose epoch is lower
     * than the last one seen for this job.
     */
    long leaseEpoch();

    /** Returns the queue, for follow-up jobs. */
    JobQueue queue();

    /**
     * Completes the job in the transaction that the handler has begun on {@code connection}: the handler's writes and
     * the end of the job are committed together, or not at all. Blocks until the statement has run. Make it the last
     * write before the commit.
     *
     * <p>The job's row stays locked until the transaction ends. If the handler returns although the transaction did not
     * commit, the job has failed. Completing the job again in the same transaction does nothing.
     *
     * <p>In a REPEATABLE READ or SERIALIZABLE transaction, call {@link #lockIn} first.
     *
     * <p>A queue in memory, for tests, ignores the connection: the job ends at once, also if the transaction rolls
     * back.
     *
     * @throws LeaseLostException if the worker no longer holds the job. Do not catch it, so that the transaction rolls
     *     back.
     * @throws IllegalArgumentException if {@code connection} is in autocommit mode or closed.
     * @throws IllegalStateException if a statement of the transaction has failed; if the transaction is REPEATABLE READ
     *     or SERIALIZABLE and the lease was renewed since it began; or if this run has completed the job in an earlier
     *     transaction.
     */
    void completeIn(Connection connection);

    /**
     * Locks the job's row in the transaction on {@code connection} until that ends, so that {@link #completeIn} works
     * in a REPEATABLE READ or SERIALIZABLE transaction. Call it as the first statement of the transaction.
     *
     * <p>Such a transaction cannot delete a row that was changed after it began, and each renewal of the lease changes
     * the row. While the transaction is open, no other worker can take the job. READ COMMITTED, the default, needs no
     * lock.
     *
     * @throws LeaseLostException if the worker no longer holds the job. Do not catch it, so that the transaction rolls
     *     back.
     * @throws IllegalArgumentException if {@code connection} is in autocommit mode or closed.
     * @throws IllegalStateException if the lease was renewed since the transaction began, as it is then too late; or if
     *     a statement of the transaction has failed.
     */
    void lockIn(Connection connection);
}
