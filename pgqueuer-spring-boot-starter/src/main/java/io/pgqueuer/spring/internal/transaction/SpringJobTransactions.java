package io.pgqueuer.spring.internal.transaction;

import io.pgqueuer.java.JobContext;
import io.pgqueuer.spring.JobTransactions;
import java.sql.Connection;

/** Completes jobs on the connection of the current transaction. */
public final class SpringJobTransactions implements JobTransactions {
    private final SpringTransactions transactions;

    public SpringJobTransactions(SpringTransactions transactions) {
        this.transactions = transactions;
    }

    @Override
    public void complete(JobContext job) {
        job.completeIn(connection(job, "complete"));
    }

    @Override
    public void lock(JobContext job) {
        job.lockIn(connection(job, "lock"));
    }

    private Connection connection(JobContext job, String action) {
        var transaction = transactions.current();
        if (transaction == null) {
            throw refusal(
                    job,
                    action,
                    "no Spring transaction is active on this thread; call it in a method with @Transactional that another "
                            + "bean calls, or in a TransactionTemplate");
        }
        var connection = transaction.connection();
        if (connection == null) {
            throw refusal(
                    job,
                    action,
                    transaction.getDescription() + " has no JDBC connection; use the transaction manager of the queue's "
                            + "DataSource");
        }
        return connection;
    }

    private static IllegalStateException refusal(JobContext job, String action, String reason) {
        return new IllegalStateException("cannot " + action + " job " + job.job().id() + " of entrypoint '"
                + job.job().entrypoint() + "': " + reason);
    }
}
