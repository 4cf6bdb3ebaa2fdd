package io.pgqueuer.java;

import static io.pgqueuer.java.Waiting.failureOf;
import static io.pgqueuer.java.Waiting.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class InMemoryBackendTest extends BackendContract {
    @Override
    Backend open(Consumer<BackendOptions> options) {
        return Backend.inMemory(options);
    }

    @Test
    void aClockOfOnesOwnDecidesTheTimes() throws Exception {
        var noon = Instant.parse("2026-01-02T12:00:00Z");
        try (var backend = Backend.inMemory(Clock.fixed(noon, ZoneOffset.UTC))) {
            long id = get(backend.queue().enqueue("fetch"));
            assertEquals(noon, get(backend.insights().job(id)).orElseThrow().created());
        }
    }

    @Test
    void aQueueInMemoryTakesTheOptionsOfPostgresAndIgnoresNames() throws Exception {
        var noon = Clock.fixed(Instant.parse("2026-01-02T12:00:00Z"), ZoneOffset.UTC);
        try (var named = Backend.inMemory(noon, options -> options.prefix("app_").schema("jobs").maxPayloadBytes(0))) {
            assertEquals(1, get(named.queue().enqueue("fetch")));
            failureOf(IllegalArgumentException.class, named.queue().enqueue("fetch", new byte[1]));
        }
        try (var other = Backend.inMemory()) {
            assertEquals(1, get(other.queue().enqueue("fetch")));
        }
    }

    @Test
    void aConnectionIsRefusedWhereTheQueueIsNotInPostgres() {
        var connection = (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> null);

        assertThrows(IllegalArgumentException.class, () -> backend.queue().enqueue(connection, NewJob.of("fetch")));
    }
}
