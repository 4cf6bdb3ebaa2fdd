package io.pgqueuer.java;

import static io.pgqueuer.java.Waiting.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class InMemoryClientTest extends ClientContract {
    @Override
    PgQueuerClient open() {
        return PgQueuerClient.inMemory();
    }

    @Test
    void aClockOfOnesOwnDecidesTheTimes() throws Exception {
        var noon = Instant.parse("2026-01-02T12:00:00Z");
        try (var client = PgQueuerClient.inMemory(Clock.fixed(noon, ZoneOffset.UTC))) {
            long id = get(client.queue().enqueue("fetch"));
            assertEquals(noon, get(client.insights().job(id)).orElseThrow().created());
        }
    }

    @Test
    void aConnectionIsRefusedWhereTheQueueIsNotInPostgres() {
        var connection = (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> null);

        assertThrows(IllegalArgumentException.class, () -> client.queue().enqueue(connection, NewJob.of("fetch")));
    }
}
