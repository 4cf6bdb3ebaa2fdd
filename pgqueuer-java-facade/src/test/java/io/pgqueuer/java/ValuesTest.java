package io.pgqueuer.java;

import static java.time.Duration.ofSeconds;
import static java.time.Instant.ofEpochSecond;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pgqueuer.java.internal.RunOptionsKt;
import io.pgqueuer.java.internal.ValuesKt;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** No value may be returned in the place of another one of its type. */
class ValuesTest {
    @Test
    void aJobKeepsEachValueAndHeadersThatAreNoTextAreTheirJson() {
        var job = ValuesKt.toJava(CoreSamples.job);

        assertEquals(1, job.id());
        assertEquals("fetch", job.entrypoint());
        assertEquals(JobStatus.PICKED, job.status());
        assertEquals(2, job.priority());
        assertSame(CoreSamples.payload, job.payload().orElseThrow());
        assertEquals(
                Map.of("text", "a", "number", "5", "null", "null", "object", "{\"b\":true}"), job.headers());
        assertThrows(UnsupportedOperationException.class, () -> job.headers().clear());
        assertEquals(Optional.of("key"), job.dedupeKey());
        assertEquals(3, job.attempts());
        assertEquals(4, job.rescues());
        assertEquals(ofEpochSecond(5), job.created());
        assertEquals(ofEpochSecond(6), job.updated());
        assertEquals(ofEpochSecond(7), job.heartbeat());
        assertEquals(ofEpochSecond(8), job.runAt());
        assertEquals(Optional.of(CoreSamples.worker), job.workerId());
        assertEquals(9, job.leaseEpoch());
        assertEquals(OptionalInt.of(10), job.payloadBytes());
        assertEquals("StoredJob(id=1, entrypoint=fetch, status=picked, attempts=3)", job.toString());
    }

    @Test
    void aLogEntryKeepsEachValue() {
        var entry = ValuesKt.toJava(CoreSamples.logEntry);

        assertEquals(1, entry.id());
        assertEquals(2, entry.jobId());
        assertEquals(ofEpochSecond(3), entry.created());
        assertEquals(JobStatus.HELD, entry.status());
        assertEquals(4, entry.priority());
        assertEquals("fetch", entry.entrypoint());
        assertEquals(Optional.of(CoreSamples.worker), entry.workerId());
        assertEquals(OptionalLong.of(7), entry.leaseEpoch());
        var failure = entry.failure().orElseThrow();
        assertEquals(5, failure.jobId());
        assertEquals(ofEpochSecond(6), failure.timestamp());
        assertEquals("type", failure.type());
        assertEquals("message", failure.message());
        assertEquals("trace", failure.stackTrace());
        assertEquals(Map.of("attempt", "1"), failure.context());
    }

    @Test
    void aScheduleKeepsEachValue() {
        var schedule = ValuesKt.toJava(CoreSamples.schedule);

        assertEquals(1, schedule.id());
        assertEquals("nightly", schedule.name());
        assertEquals("0 2 * * *", schedule.expression());
        assertEquals(JobStatus.QUEUED, schedule.status());
        assertEquals("Asia/Tokyo", schedule.zone());
        assertEquals(Optional.of(ofEpochSecond(8)), schedule.pausedSince());
        assertEquals(Optional.of(ofEpochSecond(2)), schedule.nextRun());
        assertEquals(Optional.of(Instant.parse("1970-01-01T17:00:00Z")), schedule.nextAfter(ofEpochSecond(0)));
        assertEquals(Optional.of(ofEpochSecond(3)), schedule.lastRun());
        assertEquals(ofEpochSecond(4), schedule.created());
        assertEquals(ofEpochSecond(5), schedule.updated());
        assertEquals(ofEpochSecond(6), schedule.heartbeat());
        assertEquals(7, schedule.leaseEpoch());
    }

    @Test
    void viewsKeepEachValue() {
        var size = ValuesKt.toJava(CoreSamples.queueSize);
        assertEquals("fetch", size.entrypoint());
        assertEquals(JobStatus.QUEUED, size.status());
        assertEquals(1, size.priority());
        assertEquals(2, size.count());
        assertEquals(ofSeconds(3), size.age());
        assertEquals(ofSeconds(4), size.overdue());
        assertEquals(size, ValuesKt.toJava(CoreSamples.queueSize));

        var throughput = ValuesKt.toJava(CoreSamples.throughput);
        assertEquals("fetch", throughput.entrypoint());
        assertEquals(JobStatus.PICKED, throughput.status());
        assertEquals(1, throughput.count());
        assertTrue(throughput.isEstimate());

        var historic = ValuesKt.toJava(CoreSamples.throughputStep);
        assertEquals(ofEpochSecond(1), historic.start());
        assertEquals("fetch", historic.entrypoint());
        assertEquals(JobStatus.PICKED, historic.status());
        assertEquals(2, historic.count());

        var backlog = ValuesKt.toJava(CoreSamples.backlog);
        assertEquals("fetch", backlog.entrypoint());
        assertEquals(1, backlog.queued());
        assertEquals(2, backlog.due());
        assertEquals(3, backlog.running());
        assertEquals(4, backlog.held());
        assertEquals(ofSeconds(5), backlog.overdue());
        assertTrue(backlog.isEstimate());
        assertEquals(2, backlog.slots());
        assertEquals(OptionalInt.of(6), backlog.concurrencyLimit());

        var pause = ValuesKt.toJava(CoreSamples.pause);
        assertEquals(Optional.of("fetch"), pause.entrypoint());
        assertEquals(ofEpochSecond(1), pause.since());
        assertEquals(Optional.of(ofEpochSecond(2)), pause.until());
        assertEquals(Optional.of("why"), pause.reason());
        var pauseOfAll = ValuesKt.toJava(CoreSamples.pauseOfAll);
        assertEquals(Optional.empty(), pauseOfAll.entrypoint());
        assertEquals(Optional.empty(), pauseOfAll.until());
        assertEquals(Optional.empty(), pauseOfAll.reason());

        var times = ValuesKt.toJava(CoreSamples.runTimes);
        assertEquals("fetch", times.entrypoint());
        assertEquals(1, times.count());
        assertEquals(ofSeconds(2), times.runTime().p50());
        assertEquals(ofSeconds(3), times.runTime().p95());
        assertEquals(ofSeconds(4), times.runTime().p99());
        assertEquals(ofSeconds(5), times.waitTime().orElseThrow().p50());
        assertEquals(Optional.empty(), ValuesKt.toJava(CoreSamples.runTimesWithoutWaits).waitTime());

        var oldest = ValuesKt.toJava(CoreSamples.oldestTransaction);
        assertEquals("session 7 of ann", oldest.holder());
        assertEquals(Optional.of(ofSeconds(9)), oldest.age());
        assertEquals(1000, oldest.transactions());
        assertEquals(Optional.empty(), ValuesKt.toJava(CoreSamples.replicationSlot).age());

        var worker = ValuesKt.toJava(CoreSamples.activeWorker);
        assertEquals(CoreSamples.worker, worker.id());
        assertEquals(1, worker.jobs());
        assertEquals(ofSeconds(2), worker.heartbeatAge());
        assertTrue(worker.isPython());

        var step = ValuesKt.toJava(CoreSamples.upgradeStep);
        assertEquals("SELECT 1;", step.sql());
        assertTrue(step.rewrites());
        assertEquals(Map.of("pgqueuer", TableLock.ACCESS_EXCLUSIVE), step.locks());

        var difference = ValuesKt.toJava(CoreSamples.schemaDifference);
        assertEquals("column", difference.kind());
        assertEquals("slot", difference.name());
        assertEquals(Optional.of("pgqueuer"), difference.of());
        assertEquals(DifferenceType.CHANGED, difference.difference());
        assertTrue(difference.isError());
        assertEquals(Optional.of("integer"), difference.found());
        assertEquals(Optional.of("bigint"), difference.expected());
        assertEquals("it is wrong", difference.problem());
        assertEquals("repair it", difference.fix());
        assertEquals("it is wrong; repair it", difference.toString());

        var table = ValuesKt.toJava(CoreSamples.tableSize);
        assertEquals("pgqueuer", table.table());
        assertEquals(1, table.rows());
        assertEquals(2, table.deadRows());
        assertEquals(OptionalLong.empty(), table.bytes());
        assertEquals(OptionalLong.of(3), table.indexBytes());
    }

    @Test
    void eachOptionOfARunIsSetAndRead() {
        var options = RunOptions.builder()
                .mode(RunMode.DRAIN)
                .batchSize(2)
                .maxConcurrentTasks(3)
                .prefetch(4)
                .dequeueTimeout(ofSeconds(5))
                .heartbeatTimeout(ofSeconds(6))
                .maxRescues(7)
                .shutdownTimeout(ofSeconds(8))
                .listen(false)
                .logAggregationInterval(ofSeconds(9))
                .logRetention(Duration.ofDays(10))
                .vacuumEvery(11_000)
                .retrySeverity(Severity.DEBUG)
                .failureSeverity(Severity.OFF)
                .restartOnFailure(true)
                .asyncHandlerExecutor(CoreSamples.executor)
                .build();

        assertEquals(CoreSamples.options, RunOptionsKt.toCore(options));
        assertEquals(RunMode.DRAIN, options.mode());
        assertEquals(OptionalInt.of(2), options.batchSize());
        assertEquals(OptionalInt.of(3), options.maxConcurrentTasks());
        assertEquals(4, options.prefetch());
        assertEquals(ofSeconds(5), options.dequeueTimeout());
        assertEquals(ofSeconds(6), options.heartbeatTimeout());
        assertEquals(7, options.maxRescues());
        assertEquals(ofSeconds(8), options.shutdownTimeout());
        assertEquals(false, options.listen());
        assertEquals(false, options.shutdownOnListenerFailure());
        assertEquals(Optional.of(ofSeconds(9)), options.logAggregationInterval());
        assertEquals(Optional.of(Duration.ofDays(10)), options.logRetention());
        assertEquals(OptionalInt.of(11_000), options.vacuumEvery());
        assertEquals(Severity.DEBUG, options.retrySeverity());
        assertEquals(Severity.OFF, options.failureSeverity());
        assertEquals(true, options.restartOnFailure());
        assertSame(CoreSamples.executor, options.asyncHandlerExecutor().orElseThrow());

        var ofAListener = RunOptions.builder().shutdownOnListenerFailure(true).build();
        assertEquals(CoreSamples.optionsOfAListener, RunOptionsKt.toCore(ofAListener));
        assertEquals(true, ofAListener.listen());
        assertEquals(true, ofAListener.shutdownOnListenerFailure());
    }

    @Test
    void theDefaultsOfARunAreThoseOfCoreAndACopyKeepsTheOthers() {
        assertEquals(io.pgqueuer.RunOptions.Companion.getDEFAULT(), RunOptionsKt.toCore(RunOptions.DEFAULT));
        assertEquals(OptionalInt.empty(), RunOptions.DEFAULT.batchSize());
        assertEquals(Optional.empty(), RunOptions.DEFAULT.asyncHandlerExecutor());
        var small = RunOptions.DEFAULT.with(options -> options.batchSize(2));
        var none = small.with(options -> options.noVacuum().noLogAggregation());

        assertEquals(OptionalInt.of(2), none.batchSize());
        assertEquals(OptionalInt.empty(), none.vacuumEvery());
        assertEquals(Optional.empty(), none.logAggregationInterval());
        assertNotEquals(small, none);
        assertEquals(small, RunOptions.builder().batchSize(2).build());
    }
}
