package io.pgqueuer.cli.bench.process

import io.pgqueuer.Backend
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.cli.Logging
import io.pgqueuer.cli.bench.BenchQueue
import io.pgqueuer.cli.bench.benchOptions
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import kotlinx.coroutines.runBlocking
import java.util.concurrent.BlockingQueue
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.jvm.optionals.getOrNull
import kotlin.system.exitProcess

/** An order on stdin: drain the queue, then print [DRAINED]. */
internal const val DRAIN = "drain"

/** An order on stdin: print [CPU_MILLIS], and end. */
internal const val END = "end"

/** Precedes the number of jobs that the drain has run. */
internal const val DRAINED = "drained "

/** Precedes the CPU time that the process has used, in milliseconds. */
internal const val CPU_MILLIS = "cpu "

/**
 * Drains the queue of a benchmark, in a process that [DrainProcess] has started and gives its orders. The environment
 * names the server.
 *
 * @param args the [HandlerKind], and the most jobs that one claim leases.
 */
internal fun main(args: Array<String>) {
    val (kind, batchSize) = args
    Logging.hushWarnings()
    val orders = orders()
    val options = benchOptions(batchSize.toInt()).with { mode = RunMode.DRAIN }
    postgresBackend(BenchQueue.settingsOf(PostgresSettings.fromEnvironment())).use { backend ->
        while (orders.take() == DRAIN) println(DRAINED + drain(backend, HandlerKind.valueOf(kind), options))
    }
    println(CPU_MILLIS + cpuMillis())
    exitProcess(0)
}

/**
 * Reads orders from stdin, up to [END]: a thread that still reads would hold up the end of the JVM for 0.3 s. If stdin
 * ends first, the process that gives the orders has died: this one ends, too.
 */
private fun orders(): BlockingQueue<String> {
    val orders = LinkedBlockingQueue<String>()
    thread(isDaemon = true) {
        val lines = System.`in`.bufferedReader()
        do {
            val order = lines.readLine()
            if (order == null) Runtime.getRuntime().halt(1)
            orders.put(order)
        } while (order != END)
    }
    return orders
}

/** Returns how many jobs were run. */
private fun drain(backend: Backend, kind: HandlerKind, options: RunOptions): Int {
    val runs = AtomicInteger()
    val worker = backend.worker { with(kind) { handle { runs.incrementAndGet() } } }
    val report = runBlocking { worker.run(options) }
    check(report.succeeded == runs.toLong()) { "$runs jobs were run, but the outcomes are $report" }
    return runs.get()
}

/** Of this process, from its start. */
private fun cpuMillis(): Long = checkNotNull(ProcessHandle.current().info().totalCpuDuration().getOrNull()) {
    "no CPU time on this system"
}.toMillis()
