package io.pgqueuer.benchmarks.tracing

import com.github.ajalt.clikt.core.CliktCommand
import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.main
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.restrictTo
import com.sun.management.OperatingSystemMXBean
import io.opentelemetry.api.GlobalOpenTelemetry
import io.opentelemetry.api.OpenTelemetry
import io.opentelemetry.sdk.OpenTelemetrySdk
import io.opentelemetry.sdk.common.CompletableResultCode
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.data.SpanData
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor
import io.opentelemetry.sdk.trace.export.SpanExporter
import io.opentelemetry.sdk.trace.samplers.Sampler
import io.pgqueuer.Backend
import io.pgqueuer.BackendOptions
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.opentelemetry.traceWith
import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.runBlocking
import java.lang.management.ManagementFactory
import kotlin.system.exitProcess
import kotlin.time.DurationUnit
import kotlin.time.measureTime

/** Prints what tracing costs, and ends the process. */
fun main(args: Array<String>) {
    try {
        TracingCommand().main(args)
    } catch (e: Exception) {
        e.printStackTrace()
        exitProcess(1)
    }
    exitProcess(0)
}

internal class TracingCommand : CliktCommand("tracing") {
    private val jobs by option().int().restrictTo(min = 1).default(50_000)
        .help("how many jobs each drain has (default: 50000)")
    private val rounds by option().int().restrictTo(min = 1).default(7)
        .help("how often each variant is measured, in turns, after two warm-ups (default: 7)")
    private val memory by option().flag().help("measure on the queue in memory")
    private val blocking by option().flag().help("measure blocking handlers")

    override fun help(context: Context) =
        "Measure how fast a worker drains a queue with and without tracing. Jobs that are drained with tracing were " +
            "enqueued with tracing, and have headers."

    override fun run() {
        if (memory) return measure { inMemoryBackend(configure = it) }
        PostgresFixture.embedded(durable = true).use { server ->
            measure { postgresBackend(PostgresSettings.parse(server.newDatabase().dsn), configure = it) }
        }
    }

    private fun measure(backend: (BackendOptions.() -> Unit) -> Backend) = runBlocking {
        val variants = listOf(
            Variant("no tracing", backend {}),
            Variant("OpenTelemetry.noop()", backend { traceWith(OpenTelemetry.noop()) }),
            Variant("no SDK", backend { traceWith(GlobalOpenTelemetry.get()) }),
            Variant("SDK, nothing sampled", backend { traceWith(sdk(Sampler.alwaysOff())) }),
            Variant("SDK, all sampled", backend { traceWith(sdk(Sampler.alwaysOn())) }),
        )
        variants.forEach { it.backend.schema.install() }
        repeat(WARM_UPS + rounds) { round ->
            if (round == WARM_UPS) variants.forEach(Variant::forget)
            variants.forEach { drain(it) }
        }
        val base = variants.first().rates.median
        echo("$jobs jobs, median of $rounds drains, ${Runtime.getRuntime().availableProcessors()} cores")
        for (variant in variants) {
            val range = "%,.0f to %,.0f".format(variant.rates.min(), variant.rates.max())
            val rate = variant.rates.median
            val ratio = rate / base
            val cpu = variant.cpu.median
            val line = "%-22s %,9.0f jobs/s (%s), ratio %.3f, CPU %.1f µs/job"
            echo(line.format(variant.name, rate, range, ratio, cpu))
        }
        variants.forEach { it.backend.close() }
    }

    private suspend fun drain(variant: Variant) {
        val backend = variant.backend
        val job = NewJob("e", ByteArray(PAYLOAD_BYTES))
        var left = jobs
        while (left > 0) {
            val batch = minOf(left, BATCH)
            backend.queue.enqueueAll(List(batch) { job })
            left -= batch
        }
        val worker = backend.worker { if (blocking) blockingEntrypoint("e") {} else entrypoint("e") {} }
        System.gc()
        val cpuBefore = process.processCpuTime
        val took = measureTime { worker.run(RunOptions { mode = RunMode.DRAIN }) }
        variant.cpu += (process.processCpuTime - cpuBefore) / 1e3 / jobs
        variant.rates += jobs / took.toDouble(DurationUnit.SECONDS)
    }

    private class Variant(
        val name: String,
        val backend: Backend,
    ) {
        val rates = mutableListOf<Double>()

        /** The CPU time of this process, in microseconds per job. */
        val cpu = mutableListOf<Double>()

        fun forget() {
            rates.clear()
            cpu.clear()
        }
    }

    private companion object {
        const val WARM_UPS = 2
        const val BATCH = 10_000
        const val PAYLOAD_BYTES = 20
    }
}

private val List<Double>.median get() = sorted()[size / 2]

private val process = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean

private fun sdk(sampler: Sampler): OpenTelemetry = OpenTelemetrySdk.builder()
    .setTracerProvider(
        SdkTracerProvider.builder()
            .setSampler(sampler)
            .addSpanProcessor(BatchSpanProcessor.builder(Nowhere).build())
            .build(),
    )
    .build()

/** Drops all spans. */
private object Nowhere : SpanExporter {
    override fun export(spans: Collection<SpanData>): CompletableResultCode = CompletableResultCode.ofSuccess()

    override fun flush(): CompletableResultCode = CompletableResultCode.ofSuccess()

    override fun shutdown(): CompletableResultCode = CompletableResultCode.ofSuccess()
}
