package io.pgqueuer.java;

import static io.pgqueuer.java.Waiting.failureOf;
import static io.pgqueuer.java.Waiting.get;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pgqueuer.test.NoDatabase;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
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
    void aResetEmptiesTheQueue() throws Exception {
        try (var memory = Backend.inMemory()) {
            get(memory.queue().enqueue("fetch"));
            memory.reset();

            assertEquals(List.of(), get(memory.insights().queueSize()));
            assertEquals(1, get(memory.queue().enqueue("fetch")));
        }
    }

    @Test
    void aQueueInMemoryHasNoTransactionToJoin() throws Exception {
        assertEquals(1, get(backend.queue().inOwnTransaction().enqueue("fetch")));
        assertEquals(2, get(backend.queue().inOwnTransaction().inOwnTransaction().enqueue("fetch")));
    }

    @Test
    void aHandlerThatCompletesItsJobInATransactionRunsInMemory() throws Exception {
        var worker = backend.worker().entrypoint("order").handle(job -> {
            try (var connection = NoDatabase.dataSource().getConnection()) {
                connection.setAutoCommit(false);
                job.lockIn(connection);
                job.queue().enqueue(connection, NewJob.of("receipt"));
                job.completeIn(connection);
                connection.commit();
            }
        }).entrypoint("receipt").handle(job -> {}).build();
        long id = get(backend.queue().enqueue("order"));

        assertEquals(2, get(Waiting.drain(worker)).succeeded());
        assertEquals(JobStatus.SUCCESSFUL, get(backend.insights().lastStatuses(List.of(id))).get(id));
    }
}
