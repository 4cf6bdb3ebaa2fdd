package io.pgqueuer.spring;

import io.pgqueuer.LeaseLostException;
import io.pgqueuer.java.JobContext;

/**
 * Completes jobs in the current Spring transaction. Inject it into a bean with handlers:
 *
 * <pre>{@code
 * @Transactional
 * @JobHandler("receipt")
 * void writeReceipt(Receipt receipt, JobContext job) {
 *     receipts.save(receipt);
 *     jobTransactions.complete(job);
 * }
 * }</pre>
 *
 * <p>The handler's writes and the end of the job are committed together, or not at all.
 */
public interface JobTransactions {
    /**
     * Completes the job in the current transaction; see {@link JobContext#completeIn}. Make it the last statement of the
     * transaction.
     *
     * @throws LeaseLostException if the worker no longer holds the job. Do not catch it, so that the transaction rolls
     *     back.
     * @throws IllegalStateException if there is no transaction, or one without a connection.
     */
    void complete(JobContext job);

    /**
     * Locks the job's row in the current transaction; see {@link JobContext#lockIn}. Call it first in a REPEATABLE READ or
     * SERIALIZABLE transaction.
     *
     * @throws LeaseLostException if the worker no longer holds the job. Do not catch it, so that the transaction rolls
     *     back.
     * @throws IllegalStateException if there is no transaction, or one without a connection.
     */
    void lock(JobContext job);
}
