package io.pgqueuer.spring;

import io.pgqueuer.test.PostgresDatabase;
import io.pgqueuer.test.PostgresFixture;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Databases on one PostgreSQL server for all tests. */
final class TestDatabase {
    private static final PostgresFixture SERVER = PostgresFixture.start();

    private final PostgresDatabase database = SERVER.newDatabase();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(SERVER::close));
    }

    String dsn() {
        return database.getDsn();
    }

    String[] properties() {
        return new String[] {"spring.datasource.url=" + database.getJdbcUrl(), "pgqueuer.schema-mode=install"};
    }

    void execute(String sql) {
        try (var connection = DriverManager.getConnection(database.getJdbcUrl());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first column of the result, as text. */
    List<String> texts(String sql) {
        try (var connection = DriverManager.getConnection(database.getJdbcUrl());
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var texts = new ArrayList<String>();
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
            return texts;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    List<String> jobs() {
        return texts("SELECT entrypoint FROM pgqueuer ORDER BY id");
    }
}
