package io.pgqueuer.examples.java;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JacksonCodec;
import io.pgqueuer.java.JobQueue;
import io.pgqueuer.java.JobType;
import io.pgqueuer.java.Worker;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** An order and its receipt: the job is enqueued together with the order, and completed together with the receipt. */
public final class Orders {
    public record Order(long id, String email) {}

    static final JobType<Order> WRITE_RECEIPT = JobType.of("write_receipt", JacksonCodec.of(Order.class));

    static final String TABLES = """
            CREATE TABLE orders (id bigint PRIMARY KEY, email text NOT NULL);
            CREATE TABLE receipts (order_id bigint NOT NULL, text text NOT NULL);
            """;

    /** Stores an order and enqueues the job that writes its receipt, in one transaction: both exist afterwards, or neither. */
    static void place(DataSource dataSource, JobQueue queue, Order order) throws SQLException {
        inTransaction(dataSource, connection -> {
            update(connection, "INSERT INTO orders VALUES (?, ?)", order.id(), order.email());
            queue.enqueue(connection, WRITE_RECEIPT, order);
        });
    }

    /** Writes a receipt and completes its job in one transaction: there is one receipt even if the job runs twice. */
    static Worker worker(Backend backend, DataSource dataSource) {
        return backend.worker()
                .entrypoint(WRITE_RECEIPT)
                .handle((order, run) -> inTransaction(dataSource, connection -> {
                    var text = "Thank you, " + order.email() + ".";
                    update(connection, "INSERT INTO receipts VALUES (?, ?)", order.id(), text);
                    run.completeIn(connection);
                }))
                .build();
    }

    private interface Work {
        void in(Connection connection) throws SQLException;
    }

    private static void inTransaction(DataSource dataSource, Work work) throws SQLException {
        try (var connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try {
                work.in(connection);
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        }
    }

    private static void update(Connection connection, String sql, Object... values) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }

    private Orders() {}
}
