package io.pgqueuer.cli.bench

import io.micrometer.prometheusmetrics.PrometheusConfig
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.WorkerObserver
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.micrometer.WorkerMetrics
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

private const val ENQUEUE_BATCH = 10_000
private const val PRODUCERS = 8
private const val SINGLES = 4_000
private const val WARM_UPS = 12
private const val METRICS_RUNS = 5

internal suspend fun Bench.floor(): List<BenchResult> = onFreshQueue {
    progress("inserting and draining $jobs jobs in SQL")
    val floor = Floor(this)
    val count = jobs / ENQUEUE_BATCH * ENQUEUE_BATCH
    val enqueue = if (count == 0) null else rate(count, floor.enqueue(count, ENQUEUE_BATCH))
    if (count < jobs) fill(jobs - count)
    val drain = rate(jobs, floor.drain(batchSize))
    listOfNotNull(
        enqueue?.let { BenchResult("floor enqueue", count.toLong(), ENQUEUE_BATCH, it) },
        BenchResult("floor drain", jobs.toLong(), batchSize, drain),
    )
}

internal suspend fun Bench.enqueue(): List<BenchResult> = onFreshQueue {
    val batch = minOf(ENQUEUE_BATCH, jobs)
    val batches = (jobs / batch).coerceAtLeast(1)
    val job = NewJob(ENTRYPOINT, PAYLOAD)
    // The first statements of a connection and of a JVM are slower than those that follow.
    repeat(5) { backend.queue.enqueueAll(List(batch) { job }) }
    execute("TRUNCATE $queueTable, $logTable")
    progress("enqueuing ${batch * batches} jobs in SQL")
    val floor = rate(batch * batches, Floor(this).enqueue(batch * batches, batch))
    execute("TRUNCATE $queueTable, $logTable")
    progress("enqueuing ${batch * batches} jobs in batches of $batch")
    val bulk = rate(batch * batches, measureTime { repeat(batches) { backend.queue.enqueueAll(List(batch) { job }) } })
    val singles = minOf(SINGLES, jobs)
    suspend fun enqueueSingles() = measureTime { produce(singles) { backend.queue.enqueue(job) } }
    progress("warming up with $singles single enqueues")
    enqueueSingles()
    progress("enqueuing $singles jobs one by one from $PRODUCERS coroutines")
    val single = rate(singles, enqueueSingles())
    listOf(
        BenchResult("enqueue", (batch * batches).toLong(), batch, bulk, bulk.over(floor)),
        BenchResult("enqueue single", singles.toLong(), 1, single),
    )
}

private suspend fun produce(count: Int, enqueue: suspend () -> Unit) = coroutineScope {
    val left = AtomicInteger(count)
    List(PRODUCERS) {
        async(Dispatchers.Default) { while (left.getAndDecrement() > 0) enqueue() }
    }.awaitAll()
}

internal suspend fun Bench.drain(): List<BenchResult> = onFreshQueue {
    warmUp()
    val floor = floorRate()
    val rate = drainRate(options)
    val byDefault = drainRate(defaults)
    listOf(
        BenchResult("drain", jobs.toLong(), batchSize, rate, rate.over(floor)),
        BenchResult(
            "drain by default",
            jobs.toLong(),
            defaults.batchSize,
            byDefault,
            byDefault.over(floor),
            byDefault.over(rate),
        ),
    )
}

internal suspend fun Bench.stale(): List<BenchResult> = onFreshQueue {
    warmUp()
    val rate = drainRate(options)
    execute("VACUUM ANALYZE $queueTable")
    execute("ALTER TABLE $queueTable SET (autovacuum_enabled = off)")
    val stale = drainRate(options)
    listOf(BenchResult("stale", jobs.toLong(), batchSize, stale, ratio = stale.over(rate)))
}

internal suspend fun Bench.limits(): List<BenchResult> = onFreshQueue {
    warmUp()
    val rate = drainRate(options)
    val limited = drainRate(options, concurrencyLimit = 50)
    listOf(BenchResult("limits", jobs.toLong(), batchSize, limited, ratio = limited.over(rate)))
}

/** In turn, as a machine and a server get slower or faster in the course of minutes. */
internal suspend fun Bench.metrics(): List<BenchResult> = onFreshQueue {
    warmUp()
    val observers = mapOf(
        "metrics without" to null,
        "metrics idle observer" to WorkerObserver {},
        "metrics" to WorkerMetrics(PrometheusMeterRegistry(PrometheusConfig.DEFAULT)),
    )
    observers.values.forEach { drainRate(options, observer = it) }
    val rates = List(METRICS_RUNS) { observers.mapValues { (_, observer) -> drainRate(options, observer = observer) } }
    val medians = observers.keys.associateWith { name -> rates.map { it.getValue(name) }.sorted()[METRICS_RUNS / 2] }
    val without = medians.values.first()
    medians.map { (name, rate) -> BenchResult(name, jobs.toLong(), batchSize, rate, ratio = rate.over(without)) }
}

internal suspend fun Bench.limitOne(): List<BenchResult> = onFreshQueue {
    warmUp()
    val count = minOf(jobs, 500)
    fill(count)
    progress("draining $count jobs with a limit of 1")
    val rate = rate(count, drain(defaults, concurrencyLimit = 1))
    listOf(BenchResult("limit-1", count.toLong(), jobsPerSecond = rate))
}

internal suspend fun Bench.backlog(): List<BenchResult> {
    var first: Long? = null
    return listOf(10_000, 100_000, 1_000_000).filter { it <= maxOf(jobs, 10_000) }.map { queued ->
        onFreshQueue {
            warmUp()
            progress("filling the queue with $queued jobs")
            fill(queued)
            progress("draining for $duration")
            val done = AtomicInteger()
            val worker = backend.worker { entrypoint(ENTRYPOINT) { done.incrementAndGet() } }
            val time = coroutineScope {
                val run = async(Dispatchers.Default) { worker.run(drainOptions) }
                val clock = launch {
                    delay(duration)
                    worker.shutdown()
                }
                measureTime { run.await() }.also { clock.cancel() }
            }
            val rate = rate(done.get(), time)
            val ratio = first?.let { rate.over(it) }
            if (first == null) first = rate
            BenchResult("backlog $queued", done.get().toLong(), batchSize, rate, ratio = ratio)
        }
    }
}

internal suspend fun Bench.throughput(): List<BenchResult> = onFreshQueue {
    warmUp()
    progress("producing and working for $duration")
    val done = AtomicInteger()
    val worker = backend.worker { entrypoint(ENTRYPOINT) { done.incrementAndGet() } }
    val batch = List(minOf(batchSize, 100)) { NewJob(ENTRYPOINT, PAYLOAD) }
    coroutineScope {
        val run = async(Dispatchers.Default) { worker.run(options) }
        val producing = launch(Dispatchers.Default) { produceFor(done, batch, ahead = 4 * batchSize) }
        delay(duration)
        val rate = rate(done.get(), duration)
        producing.cancel()
        worker.shutdown()
        run.await()
        listOf(BenchResult("throughput", done.get().toLong(), batchSize, rate))
    }
}

/** Enqueues batches, at most [ahead] jobs beyond those that are [done]: with a backlog, only the producers would count. */
internal suspend fun BenchQueue.produceFor(done: AtomicInteger, batch: List<NewJob>, ahead: Int) = coroutineScope {
    var enqueued = 0
    while (isActive) {
        if (enqueued - done.get() > ahead) {
            delay(1.milliseconds)
        } else {
            enqueued += backend.queue.enqueueAll(batch).size
        }
    }
}

internal suspend fun Bench.memory(): List<BenchResult> {
    val backend = inMemoryBackend()
    val worker = backend.worker { entrypoint(ENTRYPOINT) { } }
    val job = NewJob(ENTRYPOINT, PAYLOAD)
    suspend fun enqueue() = repeat((jobs / ENQUEUE_BATCH).coerceAtLeast(1)) {
        backend.queue.enqueueAll(List(minOf(ENQUEUE_BATCH, jobs)) { job })
    }
    repeat(2) {
        enqueue()
        worker.run(drainOptions)
        backend.reset()
    }
    progress("enqueuing and draining $jobs jobs in memory")
    val enqueueTime = measureTime { enqueue() }
    val count = backend.insights.queueSize().sumOf { it.count }.toInt()
    val drainTime = measureTime { worker.run(drainOptions) }
    return listOf(
        BenchResult("memory enqueue", count.toLong(), ENQUEUE_BATCH, rate(count, enqueueTime)),
        BenchResult("memory drain", count.toLong(), batchSize, rate(count, drainTime)),
    )
}

context(bench: Bench)
private suspend fun BenchQueue.floorRate(): Long {
    fill(bench.jobs)
    bench.progress("draining ${bench.jobs} jobs in SQL")
    return rate(bench.jobs, Floor(this).drain(bench.batchSize)).also { empty() }
}

context(bench: Bench)
internal suspend fun BenchQueue.drainRate(
    options: RunOptions,
    concurrencyLimit: Int? = null,
    observer: WorkerObserver? = null,
): Long {
    fill(bench.jobs)
    bench.progress("draining ${bench.jobs} jobs, batch size ${options.batchSize ?: "by load"}")
    return rate(bench.jobs, drain(options, concurrencyLimit, observer)).also {
        bench.progress("$it jobs per second")
        empty()
    }
}

/** Empties the tables: a drain must begin without the dead rows of the one before it. */
internal fun BenchQueue.empty() = execute("TRUNCATE $queueTable, $logTable")

/** Runs jobs that are not measured: a JVM gets faster over its first million jobs, a connection over its first statements. */
context(bench: Bench)
internal suspend fun BenchQueue.warmUp() {
    bench.progress("warming up")
    repeat(WARM_UPS) {
        fill(minOf(bench.jobs, 50_000))
        drain(bench.options)
    }
    empty()
}
