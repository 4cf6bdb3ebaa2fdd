package io.pgqueuer.examples.spring;

import io.pgqueuer.test.PostgresFixture;

/** Starts the shop with a PostgreSQL of its own: {@code examples/start spring-boot}. */
public final class ShopOnTestDatabase {
    private ShopOnTestDatabase() {}

    public static void main(String[] arguments) {
        var server = PostgresFixture.start();
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        System.setProperty("spring.datasource.url", server.newDatabase().getJdbcUrl());
        Shop.main(arguments);
    }
}
