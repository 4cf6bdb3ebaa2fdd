package io.pgqueuer.java;

import io.pgqueuer.test.PostgresDatabase;
import io.pgqueuer.test.PostgresFixture;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** One server for all tests; it stops with the process. */
final class TestPostgres {
    private static final PostgresFixture FIXTURE = PostgresFixture.Companion.start();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(FIXTURE::close));
    }

    private TestPostgres() {}

    static PostgresDatabase newDatabase() {
        return FIXTURE.newDatabase();
    }

    static Connection begin(PostgresDatabase database) throws SQLException {
        var connection = DriverManager.getConnection(database.getJdbcUrl());
        connection.setAutoCommit(false);
        return connection;
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static long count(PostgresDatabase database, String table) throws SQLException {
        try (var connection = begin(database);
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
