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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Jobs per second that the store in memory enqueues. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class MemoryEnqueueBenchmark {
    private static final int COUNT = 1_000;

    private final EnqueueWork work = new EnqueueWork(COUNT);

    // Otherwise the queue would fill the heap.
    @Setup(Level.Invocation)
    public void reset() {
        work.reset();
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public int inBulk() {
        return work.inBulk();
    }

    @Benchmark
    @OperationsPerInvocation(COUNT)
    public long oneByOne() {
        return work.oneByOne();
    }
}
