package io.pgqueuer.benchmarks.jmh;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Jobs per second through a claim and a settle of the store in memory, with a backlog that does not shrink. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
public class MemoryClaimBenchmark {
    private static final int BATCH = 100;

    @Param({"1", "100"})
    public int entrypoints;

    @Param("100000")
    public int queued;

    private ClaimWork work;

    @Setup(Level.Trial)
    public void make() {
        work = new ClaimWork(entrypoints, queued, BATCH);
    }

    // The log in memory grows with each job: every iteration starts with an empty one.
    @Setup(Level.Iteration)
    public void fill() {
        work.fill();
    }

    // A batch takes tens of microseconds, much longer than the two reads of the clock that this costs.
    @Setup(Level.Invocation)
    public void refill() {
        work.refill();
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int claimAndSettle() {
        return work.claimAndSettle();
    }
}
