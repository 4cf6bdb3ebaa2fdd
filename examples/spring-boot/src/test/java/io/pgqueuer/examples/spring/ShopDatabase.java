package io.pgqueuer.examples.spring;

import io.pgqueuer.test.PostgresFixture;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** An empty database for the shop, and what a test reads in it. */
final class ShopDatabase {
    private final String url;

    ShopDatabase(PostgresFixture server) {
        url = server.newDatabase().getJdbcUrl();
    }

    String url() {
        return url;
    }

    /** Returns the first column of a query's rows. */
    List<String> rows(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection(url);
                var statement = connection.createStatement();
                var result = statement.executeQuery(sql)) {
            var rows = new ArrayList<String>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }
}
