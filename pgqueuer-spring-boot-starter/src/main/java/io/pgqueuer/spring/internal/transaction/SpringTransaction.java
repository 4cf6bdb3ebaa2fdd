package io.pgqueuer.spring.internal.transaction;

import io.pgqueuer.exposed.CallersTransaction;
import java.sql.Connection;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** The transaction of the current thread, with the connection that Spring has bound for it. */
record SpringTransaction(@Nullable DataSource dataSource, @Nullable ConnectionHolder holder)
        implements CallersTransaction {
    @Override
    public String getDescription() {
        var name = TransactionSynchronizationManager.getCurrentTransactionName();
        return name == null ? "the current Spring transaction" : "the current Spring transaction (" + name + ")";
    }

    @Override
    public Object getDatabase() {
        return dataSource == null ? this : DataSources.target(dataSource);
    }

    /** Spring's connections belong to their thread: the caller goes on to use it as soon as the call returns. */
    @Override
    public boolean isThreadBound() {
        return true;
    }

    @Override
    public @Nullable Connection connection() {
        return holder == null ? null : holder.getConnection();
    }
}
