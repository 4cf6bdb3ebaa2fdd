package io.pgqueuer.cli.bench

import io.pgqueuer.QueueProperties
import io.pgqueuer.exposed.PostgresSettings
import kotlin.time.Duration

/** What a benchmark is given: where, how much, how long. */
internal class Bench(
    private val settings: PostgresSettings,
    private val properties: QueueProperties,
    val jobs: Int,
    val batchSize: Int,
    val duration: Duration,
    val progress: (String) -> Unit,
) {
    suspend fun <T> onFreshQueue(block: suspend BenchQueue.() -> T): T = BenchQueue.fresh(settings, properties, block)
}

/** One benchmark by the name that users call it by. */
internal class Benchmark(
    val name: String,
    val about: String,
    val run: suspend Bench.() -> List<BenchResult>,
    val onServer: Boolean = true,
)

internal val BENCHMARKS: List<Benchmark> = listOf(
    Benchmark("floor", "the plainest SQL for the same rows, in one loop on the server", Bench::floor),
    Benchmark("enqueue", "the bulk call; and single enqueues from 8 coroutines", Bench::enqueue),
    Benchmark("drain", "queued jobs, from the worker's start to the last outcome", Bench::drain),
    Benchmark("throughput", "producers and workers at once", Bench::throughput),
    Benchmark("latency", "an idle worker, a job each 50 ms: from commit to handler", Bench::latency),
    Benchmark("backlog", "the rate with 10,000, 100,000 and 1,000,000 jobs queued", Bench::backlog),
    Benchmark("stale", "a drain with the statistics of an empty table", Bench::stale),
    Benchmark("limits", "a drain with a concurrency limit of 50", Bench::limits),
    Benchmark("limit-1", "500 jobs with a concurrency limit of 1", Bench::limitOne),
    Benchmark("entrypoints", "a drain with 500 entrypoints", Bench::entrypoints),
    Benchmark("workers", "a drain by 64 workers: rate, threads, transactions", Bench::workers),
    Benchmark("churn", "what jobs that come and go leave behind, by who vacuums", Bench::churn),
    Benchmark("turnaround", "retry, requeue, release and due time: to the handler's start", Bench::turnaround),
    Benchmark("wake-up", "1, 5 and 20 idle workers: transactions for each job", Bench::wakeUp),
    Benchmark("idle", "transactions of an idle worker", Bench::idle),
    Benchmark("memory", "enqueue and drain on the store in memory", Bench::memory, onServer = false),
)
