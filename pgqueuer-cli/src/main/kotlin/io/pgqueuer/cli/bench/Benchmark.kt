package io.pgqueuer.cli.bench

import io.pgqueuer.QueueProperties
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.exposed.PostgresSettings
import kotlin.time.Duration

/**
 * How workers of benchmarks run: without counting the log, which a run would do at its end, after the last outcome.
 *
 * @param batchSize null for the default, which follows the load.
 */
internal fun benchOptions(batchSize: Int? = null): RunOptions = RunOptions {
    logAggregationInterval = null
    this.batchSize = batchSize
}

/**
 * What a benchmark is run with: where, how many jobs, how long.
 *
 * @property variables name the server to other processes. They may hold a password.
 */
internal class Bench(
    private val settings: PostgresSettings,
    val variables: Map<String, String>,
    private val properties: QueueProperties,
    val jobs: Int,
    val batchSize: Int,
    val duration: Duration,
    val progress: (String) -> Unit,
) {
    val defaults = benchOptions()

    /** How workers run, unless a benchmark is about that. */
    val options = benchOptions(batchSize)
    val drainOptions = options.with { mode = RunMode.DRAIN }

    suspend fun <T> onFreshQueue(block: suspend BenchQueue.() -> T): T = BenchQueue.fresh(settings, properties, block)
}

/** One benchmark, by its name on the command line. */
internal class Benchmark(
    val name: String,
    val about: String,
    val run: suspend Bench.() -> List<BenchResult>,
    val onServer: Boolean = true,
)

internal val BENCHMARKS: List<Benchmark> = listOf(
    Benchmark("floor", "plain SQL for the same rows, in one loop on the server", Bench::floor),
    Benchmark("enqueue", "in bulk, and one by one from 8 coroutines", Bench::enqueue),
    Benchmark("drain", "queued jobs, from the start of the worker to the last outcome", Bench::drain),
    Benchmark("throughput", "producers and workers at the same time", Bench::throughput),
    Benchmark("latency", "an idle worker receives a job every 50 ms: from commit to handler, by step", Bench::latency),
    Benchmark("backlog", "the rate while 10,000, 100,000 and 1,000,000 jobs are queued", Bench::backlog),
    Benchmark("stale", "a drain with the statistics of an empty table", Bench::stale),
    Benchmark("limits", "a drain with a concurrency limit of 50", Bench::limits),
    Benchmark("limit-1", "500 jobs with a concurrency limit of 1", Bench::limitOne),
    Benchmark(
        "metrics",
        "a drain without observers, with an idle one, and with metrics: 5 times in turn, median",
        Bench::metrics,
    ),
    Benchmark(
        "dashboard",
        "each page of the web dashboard on a long queue, p50 and p95; and a drain while ten browsers show it",
        Bench::dashboard,
    ),
    Benchmark("entrypoints", "a drain with 500 entrypoints", Bench::entrypoints),
    Benchmark("workers", "a drain by 64 workers: rate, threads, transactions", Bench::workers),
    Benchmark("cold", "a fresh process that drains, from its start to its end; 3 times, median", Bench::cold),
    Benchmark("processes", "a drain by 1, 2, 4 and 8 processes: rate, transactions", Bench::processes),
    Benchmark("churn", "the size of the tables while jobs come and go, for each way to vacuum", Bench::churn),
    Benchmark(
        "turnaround",
        "from a retry, requeue, release or due time to the start of the handler",
        Bench::turnaround,
    ),
    Benchmark("wake-up", "claims and transactions per job, and latency, with 1, 5 and 20 idle workers", Bench::wakeUp),
    Benchmark("idle", "transactions of an idle worker", Bench::idle),
    Benchmark("memory", "enqueue and drain in memory", Bench::memory, onServer = false),
)
