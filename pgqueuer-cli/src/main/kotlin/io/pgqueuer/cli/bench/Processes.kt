package io.pgqueuer.cli.bench

import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.bench.process.DrainProcess
import io.pgqueuer.cli.bench.process.HandlerKind
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import kotlin.time.Duration
import kotlin.time.DurationUnit.SECONDS
import kotlin.time.TimedValue
import kotlin.time.measureTimedValue

private const val RUNS = 3

/** Each process drains about 200,000 jobs before those that are measured. */
private const val WARM_UPS = 4

/** Eight processes share the memory of one machine. */
private val JVM_OPTIONS = listOf("-Xmx512m")

/** Measures a whole process: the start of the JVM, the connections, the drain with code that is not compiled yet. */
internal suspend fun Bench.cold(): List<BenchResult> = onFreshQueue {
    HandlerKind.entries.map { kind ->
        val runs = List(RUNS) { run ->
            fill(jobs)
            progress("draining $jobs jobs in a new process, ${kind.name.lowercase()} handlers, run ${run + 1} of $RUNS")
            coldRun(kind).also { empty() }
        }
        val time = runs.map { it.duration }.atRank(50)
        val cpu = runs.map { it.value }.atRank(50)
        BenchResult(
            "cold${kind.suffix}",
            jobs.toLong(),
            batchSize,
            rate(jobs, time),
            seconds = rounded(time.toDouble(SECONDS)),
            cpuSeconds = rounded(cpu.toDouble(SECONDS)),
        )
    }
}

/** Returns the CPU time of the process, and how long it took from its start to its end. */
context(bench: Bench)
private suspend fun BenchQueue.coldRun(kind: HandlerKind): TimedValue<Duration> {
    val run = runInterruptible(Dispatchers.IO) {
        measureTimedValue {
            DrainProcess.start(bench.variables, kind, bench.batchSize).use {
                it.startDrain()
                requireAll(bench.jobs, it.awaitDrained())
                it.end()
            }
        }
    }
    requireEmpty()
    return run
}

/** Measures how the rate grows with the number of processes. */
internal suspend fun Bench.processes(): List<BenchResult> {
    var alone: Long? = null
    return listOf(1, 2, 4, 8).map { count ->
        onFreshQueue {
            val times = mutableListOf<Duration>()
            val warmUp = minOf(jobs, 50_000) * count
            val transactions = transactionsDuring(lag = ENDED_SESSIONS_LAG) {
                withProcesses(count) { processes ->
                    progress("warming up $count processes")
                    // The first drain is of an empty queue: it waits until all are connected.
                    drainBy(processes, 0)
                    repeat(WARM_UPS) { drainBy(processes, warmUp) }
                    repeat(RUNS) { run ->
                        progress("draining $jobs jobs with $count processes, run ${run + 1} of $RUNS")
                        times += drainBy(processes, jobs)
                    }
                }
            }
            val rate = rate(jobs, times.atRank(50))
            val ratio = alone?.let { rate.over(it) }
            if (alone == null) alone = rate
            val drained = WARM_UPS * warmUp.toLong() + RUNS * jobs.toLong()
            BenchResult(
                "processes $count",
                jobs.toLong(),
                batchSize,
                rate,
                ratio = ratio,
                transactionsPerJob = perJob(transactions, drained),
            )
        }
    }
}

/** Starts [count] processes for [block]. They have ended when this returns. */
context(bench: Bench)
private suspend fun withProcesses(count: Int, block: suspend (List<DrainProcess>) -> Unit) {
    val processes = mutableListOf<DrainProcess>()
    try {
        repeat(count) {
            processes += DrainProcess.start(bench.variables, HandlerKind.SUSPENDING, bench.batchSize, JVM_OPTIONS)
        }
        block(processes)
        runInterruptible(Dispatchers.IO) { processes.forEach { it.end() } }
    } finally {
        processes.forEach { it.close() }
    }
}

/** Has [processes] drain [count] jobs together, and returns how long it took until the last of them was done. */
private suspend fun BenchQueue.drainBy(processes: List<DrainProcess>, count: Int): Duration {
    fill(count)
    val (runs, time) = runInterruptible(Dispatchers.IO) {
        measureTimedValue {
            processes.forEach { it.startDrain() }
            processes.sumOf { it.awaitDrained() }
        }
    }
    requireAll(count, runs)
    requireEmpty()
    empty()
    return time
}

private fun requireAll(jobs: Int, runs: Int) {
    if (runs != jobs) throw CommandException("$jobs jobs were queued, but the processes have run $runs")
}

private fun BenchQueue.requireEmpty() {
    val left = number("SELECT count(*) FROM $queueTable")
    if (left != 0L) throw CommandException("$left jobs are left in the queue after the drain; it should be empty")
}
