package io.pgqueuer.spring.internal.transaction;

import io.pgqueuer.exposed.CallersTransaction;
import io.pgqueuer.exposed.TransactionSource;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Finds the transaction that Spring has begun on the current thread, whichever manager began it: of JDBC, JPA or Exposed.
 *
 * <p>All of them bind the connection to the thread, by its data source. If several are bound, that of the queue's data
 * source is taken. If only others are, core checks whether one of them is on the database of the queue.
 */
public final class SpringTransactions implements TransactionSource {
    private final @Nullable DataSource dataSource;

    /** @param dataSource the one of the queue; null if the queue has connections of its own. */
    public SpringTransactions(@Nullable DataSource dataSource) {
        this.dataSource = dataSource == null ? null : DataSources.target(dataSource);
    }

    @Override
    public @Nullable CallersTransaction current() {
        // After the end of a transaction, in callbacks such as those of @TransactionalEventListener, no more can be
        // registered, and nobody would commit what is written.
        if (!TransactionSynchronizationManager.isActualTransactionActive()
                || !TransactionSynchronizationManager.isSynchronizationActive()) {
            return null;
        }
        DataSource bound = null;
        ConnectionHolder holder = null;
        for (var resource : TransactionSynchronizationManager.getResourceMap().entrySet()) {
            if (resource.getKey() instanceof DataSource key && resource.getValue() instanceof ConnectionHolder value) {
                var isOurs = dataSource != null && DataSources.target(key).equals(dataSource);
                if (bound == null || isOurs) {
                    bound = key;
                    holder = value;
                }
                if (isOurs) {
                    break;
                }
            }
        }
        return new SpringTransaction(bound, holder);
    }
}
