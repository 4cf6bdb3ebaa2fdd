package io.pgqueuer.java;

import static java.time.Duration.ofSeconds;
import static java.time.Instant.ofEpochSecond;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pgqueuer.java.internal.MappingKt;
import io.pgqueuer.java.internal.OptionsKt;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** No value may land in the place of another of its type. */
class MappingTest {
    @Test
    void aJobKeepsEachValueAndHeadersThatAreNoTextAreTheirJson() {
        assertEquals(
                new Job(
                        1,
                        "fetch",
                        JobStatus.PICKED,
                        2,
                        CoreSamples.payload,
                        Map.of("text", "a", "number", "5", "null", "null", "object", "{\"b\":true}"),
                        "key",
                        3,
                        4,
                        ofEpochSecond(5),
                        ofEpochSecond(6),
                        ofEpochSecond(7),
                        ofEpochSecond(8),
                        CoreSamples.worker,
                        9,
                        10),
                MappingKt.toJava(CoreSamples.job));
    }

    @Test
    void aJobDoesNotChangeWithTheMapItWasMadeOf() {
        var headers = new HashMap<>(Map.of("a", "1"));
        var job = NewJob.builder("fetch").headers(headers).build();
        headers.clear();

        assertEquals(Map.of("a", "1"), job.headers());
        assertThrows(UnsupportedOperationException.class, () -> job.headers().clear());
    }

    @Test
    void aLogEntryKeepsEachValue() {
        var failure = new FailureRecord(5, ofEpochSecond(6), "type", "message", "trace", Map.of("attempt", "1"));

        assertEquals(
                new LogEntry(1, 2, ofEpochSecond(3), JobStatus.FAILED, 4, "fetch", failure),
                MappingKt.toJava(CoreSamples.logEntry));
    }

    @Test
    void aScheduleKeepsEachValue() {
        assertEquals(
                new Schedule(
                        1,
                        "nightly",
                        "0 2 * * *",
                        JobStatus.QUEUED,
                        ofEpochSecond(2),
                        ofEpochSecond(3),
                        ofEpochSecond(4),
                        ofEpochSecond(5),
                        ofEpochSecond(6),
                        7),
                MappingKt.toJava(CoreSamples.schedule));
    }

    @Test
    void aReportKeepsEachValue() {
        assertEquals(new RunReport(1, 2, 3, 4, 5, 6, 7, 8, 9), MappingKt.toJava(CoreSamples.report));
    }

    @Test
    void viewsKeepEachValue() {
        assertEquals(
                new QueueSize("fetch", JobStatus.QUEUED, 1, 2, ofSeconds(3), ofSeconds(4)),
                MappingKt.toJava(CoreSamples.queueSize));
        assertEquals(
                new RunTimes("fetch", 1, ofSeconds(2), ofSeconds(3), ofSeconds(4)),
                MappingKt.toJava(CoreSamples.runTimes));
        assertEquals(
                new ActiveWorker(CoreSamples.worker, 1, ofSeconds(2)), MappingKt.toJava(CoreSamples.activeWorker));
        assertEquals(
                new TableSize("pgqueuer", 1, 2, OptionalLong.empty()), MappingKt.toJava(CoreSamples.tableSize));
    }

    @Test
    void theDefaultsOfARunAreThoseOfCore() {
        assertEquals(CoreSamples.defaultOptions, OptionsKt.toCore(RunOptions.defaults()));
        assertEquals(RunMode.DRAIN, RunOptions.drain().mode());
    }

    @Test
    void eachOptionOfARunIsKept() {
        var options = RunOptions.builder()
                .mode(RunMode.DRAIN)
                .batchSize(2)
                .maxConcurrentTasks(3)
                .prefetch(4)
                .dequeueTimeout(ofSeconds(5))
                .heartbeatTimeout(ofSeconds(6))
                .maxRescues(7)
                .shutdownTimeout(ofSeconds(8))
                .shutdownOnListenerFailure(true)
                .logAggregationInterval(ofSeconds(9))
                .logRetention(Duration.ofDays(10))
                .vacuumEvery(11_000)
                .build();

        assertEquals(CoreSamples.options, OptionsKt.toCore(options));
    }

    @Test
    void enumsHaveTheConstantsOfCore() {
        assertEquals(names(io.pgqueuer.JobStatus.values()), names(JobStatus.values()));
        assertEquals(names(io.pgqueuer.Durability.values()), names(Durability.values()));
        assertEquals(names(io.pgqueuer.LogLevel.values()), names(LogLevel.values()));
        assertEquals(names(io.pgqueuer.OnFailure.values()), names(OnFailure.values()));
        assertEquals(names(io.pgqueuer.RunMode.values()), names(RunMode.values()));
    }

    private static String names(Enum<?>[] constants) {
        return Arrays.stream(constants).map(Enum::name).toList().toString();
    }
}
