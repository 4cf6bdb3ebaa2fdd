package io.pgqueuer.cli.bench

import io.pgqueuer.NewJob
import io.pgqueuer.exposed.PostgresSchema
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import java.lang.management.ManagementFactory
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.measureTime

private const val ENTRYPOINTS = 500
private const val WORKERS = 64
private const val CHURN_BATCH = 100

/** Measures how much slower a worker is that serves many entrypoints, compared with one. */
internal suspend fun Bench.entrypoints(): List<BenchResult> = onFreshQueue {
    warmUp()
    val rate = drainRate(options)
    val names = List(ENTRYPOINTS) { "$ENTRYPOINT-$it" }
    val worker = backend.worker { names.forEach { name -> entrypoint(name) { } } }
    suspend fun drainAll(count: Int): Long {
        val spread = List(count) { NewJob(names[it % ENTRYPOINTS], PAYLOAD) }
        backend.queue.enqueueAll(spread)
        progress("draining $count jobs of $ENTRYPOINTS entrypoints")
        return rate(count, measureTime { worker.run(drainOptions) }).also { empty() }
    }
    drainAll(minOf(jobs, 20_000))
    val many = drainAll(jobs)
    listOf(BenchResult("entrypoints $ENTRYPOINTS", jobs.toLong(), batchSize, many, ratio = many.over(rate)))
}

/** Measures many workers on one queue. They share one process here, and so its threads and its pool. */
internal suspend fun Bench.workers(): List<BenchResult> = onFreshQueue {
    warmUp()
    val rate = drainRate(options)
    fill(jobs)
    progress("draining $jobs jobs with $WORKERS workers")
    val threads = ManagementFactory.getThreadMXBean().apply { resetPeakThreadCount() }
    val before = threads.threadCount
    lateinit var result: BenchResult
    val transactions = transactionsDuring {
        val time = measureTime {
            coroutineScope {
                List(WORKERS) {
                    val worker = backend.worker { entrypoint(ENTRYPOINT) { } }
                    async(Dispatchers.Default) { worker.run(drainOptions) }
                }.awaitAll()
            }
        }
        val many = rate(jobs, time)
        val started = threads.peakThreadCount - before
        result =
            BenchResult("workers $WORKERS", jobs.toLong(), batchSize, many, ratio = many.over(rate), threads = started)
    }
    listOf(result.copy(transactionsPerJob = perJob(transactions, jobs.toLong())))
}

/** Measures how the queue's table and indexes grow while many jobs come and go and the queue stays short. */
internal suspend fun Bench.churn(): List<BenchResult> = Vacuuming.entries.map { vacuuming ->
    onFreshQueue {
        warmUp()
        if (vacuuming == Vacuuming.SETTINGS) {
            execute(PostgresSchema(BenchQueue.PREFIX, BenchQueue.SCHEMA).autovacuumSql())
        }
        val runOptions = if (vacuuming == Vacuuming.WORKER) options else options.with { vacuumEvery = null }
        progress("enqueuing and running jobs for $duration, ${vacuuming.told}")
        val done = AtomicInteger()
        val batch = List(CHURN_BATCH) { NewJob(ENTRYPOINT, PAYLOAD) }
        val worker = backend.worker { entrypoint(ENTRYPOINT) { done.incrementAndGet() } }
        coroutineScope {
            val run = async(Dispatchers.Default) { worker.run(runOptions) }
            val producing = launch(Dispatchers.Default) { produceFor(done, batch, ahead = 20 * CHURN_BATCH) }
            delay(duration / 2)
            val half = megabytes()
            delay(duration / 2)
            val dead = number("SELECT n_dead_tup FROM pg_stat_all_tables WHERE relid = '$queueTable'::regclass")
            val result = BenchResult(
                vacuuming.bench,
                done.get().toLong(),
                batchSize,
                rate(done.get(), duration),
                halfwayMegabytes = half,
                megabytes = megabytes(),
                deadRows = dead,
            )
            producing.cancel()
            worker.shutdown()
            run.await()
            listOf(result)
        }
    }
}.flatten()

/** What removes the dead rows. */
private enum class Vacuuming(val bench: String, val told: String) {
    WORKER("churn", "vacuumed by the worker"),
    SETTINGS("churn autovac", "vacuumed by the settings of `pgq autovac`"),
    SERVER("churn unattended", "vacuumed by the default settings of PostgreSQL"),
}

private fun BenchQueue.megabytes(): Double =
    rounded(number("SELECT pg_total_relation_size('$queueTable'::regclass)") / (1024.0 * 1024.0))
