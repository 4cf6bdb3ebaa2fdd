package io.pgqueuer.spring.test.internal;

import io.pgqueuer.java.JobContext;
import io.pgqueuer.spring.JobTransactions;
import io.pgqueuer.test.NoDatabase;
import java.sql.Connection;
import java.sql.SQLException;

/** Completes jobs on a queue that has no transactions, at once. */
final class NoTransactions implements JobTransactions {
    @Override
    public void complete(JobContext job) {
        try (var connection = begin()) {
            job.completeIn(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void lock(JobContext job) {
        try (var connection = begin()) {
            job.lockIn(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Connection begin() throws SQLException {
        var connection = NoDatabase.dataSource().getConnection();
        connection.setAutoCommit(false);
        return connection;
    }
}
