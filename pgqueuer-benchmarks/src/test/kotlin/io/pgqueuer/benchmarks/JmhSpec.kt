package io.pgqueuer.benchmarks

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.doubles.shouldBeGreaterThan
import org.openjdk.jmh.runner.Runner
import org.openjdk.jmh.runner.options.OptionsBuilder
import org.openjdk.jmh.runner.options.TimeValue.milliseconds
import org.openjdk.jmh.runner.options.VerboseMode

/** Tests that each benchmark runs. So short and in this process, the figures mean nothing. */
class JmhSpec : FunSpec({
    test("every benchmark runs and has a score") {
        val options = OptionsBuilder()
            .forks(0)
            .warmupIterations(0)
            .measurementIterations(1)
            .measurementTime(milliseconds(10))
            .param("queued", "1000")
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build()

        val results = Runner(options).run()

        results.map { it.params.benchmark.removePrefix("io.pgqueuer.benchmarks.jmh.") }.distinct()
            .shouldContainExactlyInAnyOrder(
                "EngineBenchmark.drain",
                "MemoryClaimBenchmark.claimAndSettle",
                "MemoryEnqueueBenchmark.inBulk",
                "MemoryEnqueueBenchmark.oneByOne",
                "PayloadBenchmark.decode",
                "PayloadBenchmark.encode",
            )
        results.forEach { it.primaryResult.score shouldBeGreaterThan 0.0 }
    }
})
