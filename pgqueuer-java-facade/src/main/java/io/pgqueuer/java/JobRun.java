package io.pgqueuer.java;

import io.pgqueuer.domain.LeaseLostException;
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
     * commit has failed; what it throws counts as ever.
     *
     * @throws LeaseLostException if the worker no longer holds the job. It is an ordinary exception, of
     *     {@link io.pgqueuer.domain.PgQueuerException}: do not catch it, so that the transaction rolls back.
     * @throws IllegalArgumentException if {@code connection} is in autocommit mode, or the job is not from PostgreSQL.
     */
    void completeIn(Connection connection);
}
