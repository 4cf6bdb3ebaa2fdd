package io.pgqueuer.cli.bench

import io.pgqueuer.Backend
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.RunOptions
import io.pgqueuer.Severity
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.WorkerId
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource.Monotonic.ValueTimeMark
import kotlin.time.TimeSource.Monotonic.markNow
import kotlin.time.measureTime

private const val LATENCY_JOBS = 500
private val LATENCY_INTERVAL = 50.milliseconds

/** For each measured job, so many are run before, so that the code of an idle worker is compiled. */
private const val LATENCY_WARM_UPS = 6
private const val TURNAROUNDS = 50
private const val RELEASES = 20
private const val WAKE_UPS = 50

/** After so many jobs, idle workers have found out about each other. */
private const val SETTLING_JOBS = 3

/** The application name of the idle worker's connections. */
private const val IDLER = "pgqueuer-idle"

internal suspend fun Bench.latency(): List<BenchResult> = onFreshQueue {
    warmUp()
    val claim = commitAndClaim()
    val count = minOf(jobs, LATENCY_JOBS)
    val starts = Channel<ValueTimeMark>(Channel.UNLIMITED)
    val traced = TracedStore(backend.store)
    val producer = newBackend()
    val steps = producer.use {
        working(StoreBackend(traced), { entrypoint(ENTRYPOINT) { starts.send(markNow()) } }) {
            settleIn(producer, starts)
            progress("warming up with ${LATENCY_WARM_UPS * count} jobs, one after the other")
            repeat(LATENCY_WARM_UPS * count) {
                producer.queue.enqueue(ENTRYPOINT, PAYLOAD)
                starts.receive()
            }
            progress("enqueuing $count jobs, one every $LATENCY_INTERVAL")
            List(count) {
                delay(LATENCY_INTERVAL)
                traced.reset()
                producer.queue.enqueue(ENTRYPOINT, PAYLOAD)
                val committed = markNow()
                traced.steps(committed, starts.receive())
            }
        }
    }
    val result = BenchResult(
        "latency",
        count.toLong(),
        toNotificationMs = steps.map { it.toNotification }.percentile(50).takeIf { properties.notifications },
        toClaimMs = steps.map { it.toClaim }.percentile(50),
        inClaimMs = steps.map { it.inClaim }.percentile(50),
        toHandlerMs = steps.map { it.toHandler }.percentile(50),
        claimMs = claim,
    )
    listOf(withTimes(result, steps.map { it.whole }))
}

/** Measures the least that a job costs: the commit of its enqueue and its claim. */
private suspend fun BenchQueue.commitAndClaim(): Double {
    val request = ClaimRequest(WorkerId(UUID(0, 1)), listOf(ClaimTarget(ENTRYPOINT)), 10, 30.seconds, 3)
    val times = List(100) {
        val commit = measureTime { backend.queue.enqueue(ENTRYPOINT, PAYLOAD) }
        commit + measureTime { backend.store.jobs.claim(request) }
    }
    backend.queue.clear(ENTRYPOINT)
    return times.percentile(50)
}

internal suspend fun Bench.turnaround(): List<BenchResult> = onFreshQueue {
    warmUp()
    listOf(
        "turnaround retry" to retries(),
        "turnaround requeue" to requeues(),
        "turnaround release" to releases(),
        "turnaround due" to dueTimes(),
    ).map { (name, times) -> withTimes(BenchResult(name, times.size.toLong()), times) }
}

context(bench: Bench)
private suspend fun BenchQueue.retries(): List<Duration> {
    bench.progress("retries")
    val ends = Channel<Duration>(Channel.UNLIMITED)
    var thrown = markNow()
    val handlers: WorkerBuilder.() -> Unit = {
        entrypoint(ENTRYPOINT) {
            if (attempt > 1) return@entrypoint ends.send(thrown.elapsedNow())
            thrown = markNow()
            throw RetryRequested()
        }
    }
    return working(backend, handlers) {
        List(TURNAROUNDS) {
            backend.queue.enqueue(ENTRYPOINT)
            ends.receive()
        }
    }
}

context(bench: Bench)
private suspend fun BenchQueue.requeues(): List<Duration> {
    bench.progress("requeues of held jobs")
    val starts = Channel<ValueTimeMark>(Channel.UNLIMITED)
    var broken = true
    val handlers: WorkerBuilder.() -> Unit = {
        entrypoint(ENTRYPOINT, {
            retry = RetryPolicy.NONE
            onFailure = OnFailure.HOLD
        }) {
            val holds = broken
            starts.send(markNow())
            check(!holds) { "held" }
        }
    }
    return working(backend, handlers) {
        List(TURNAROUNDS) {
            broken = true
            val id = backend.queue.enqueue(ENTRYPOINT)
            starts.receive()
            while (backend.queue.heldJobs().none { it.job.id == id }) delay(1.milliseconds)
            broken = false
            val asked = markNow()
            backend.queue.requeue(listOf(id))
            starts.receive() - asked
        }
    }
}

context(bench: Bench)
private suspend fun BenchQueue.releases(): List<Duration> {
    bench.progress("releases at a shutdown")
    val starts = Channel<ValueTimeMark>(Channel.UNLIMITED)
    return List(RELEASES) {
        val leaving = backend.worker {
            entrypoint(ENTRYPOINT) {
                starts.send(markNow())
                awaitCancellation()
            }
        }
        coroutineScope {
            val run = async(Dispatchers.Default) { leaving.run() }
            backend.queue.enqueue(ENTRYPOINT)
            starts.receive()
            newBackend().use { other ->
                working(other, { entrypoint(ENTRYPOINT) { starts.send(markNow()) } }) {
                    val asked = markNow()
                    repeat(2) { leaving.shutdown() }
                    (starts.receive() - asked).also { run.await() }
                }
            }
        }
    }
}

context(bench: Bench)
private suspend fun BenchQueue.dueTimes(): List<Duration> {
    bench.progress("due times")
    val starts = Channel<ValueTimeMark>(Channel.UNLIMITED)
    val delay = 100.milliseconds
    return working(backend, { entrypoint(ENTRYPOINT) { starts.send(markNow()) } }) {
        List(TURNAROUNDS) {
            backend.queue.enqueue(ENTRYPOINT) { this.delay = delay }
            val due = markNow() + delay
            (starts.receive() - due).coerceAtLeast(Duration.ZERO)
        }
    }
}

internal suspend fun Bench.wakeUp(): List<BenchResult> = listOf(1, 5, 20).map { workers ->
    onFreshQueue {
        val count = minOf(jobs, WAKE_UPS)
        progress("$workers idle workers, $count jobs")
        val starts = Channel<ValueTimeMark>(Channel.UNLIMITED)
        val stores = List(workers) { TracedStore(newBackend().store) }
        try {
            val times = mutableListOf<Duration>()
            var claims = 0
            val handlers: WorkerBuilder.() -> Unit = { entrypoint(ENTRYPOINT) { starts.send(markNow()) } }
            val transactions = workingAll(stores.map(::StoreBackend), handlers) {
                repeat(SETTLING_JOBS) { settleIn(backend, starts) }
                transactionsDuring {
                    val before = stores.sumOf { it.claims }
                    repeat(count) {
                        delay(100.milliseconds)
                        backend.queue.enqueue(ENTRYPOINT, PAYLOAD)
                        val committed = markNow()
                        times += (starts.receive() - committed).coerceAtLeast(Duration.ZERO)
                    }
                    delay(100.milliseconds)
                    claims = stores.sumOf { it.claims } - before
                }
            }
            val jobs = count.toLong()
            val result = BenchResult(
                "wake-up $workers",
                jobs,
                claimsPerJob = perJob(claims.toLong(), jobs),
                transactionsPerJob = perJob(transactions, jobs),
            )
            withTimes(result, times)
        } finally {
            stores.forEach(TracedStore::close)
        }
    }
}

internal suspend fun Bench.idle(): List<BenchResult> = onFreshQueue {
    val time = duration * 4
    progress("an idle worker, for $time")
    val starts = Channel<ValueTimeMark>(Channel.UNLIMITED)
    newBackend(IDLER).use { worker ->
        val asked = working(worker, { entrypoint(ENTRYPOINT) { starts.send(markNow()) } }) {
            settleIn(backend, starts)
            queriesDuring(time)
        }
        listOf(BenchResult("idle", transactionsPerMinute = rounded(asked * (60.seconds / time))))
    }
}

/** Counts the queries of the idle worker, by looking when each of its connections last sent one. */
private suspend fun BenchQueue.queriesDuring(time: Duration): Int {
    val looks = "SELECT pid || ' ' || query_start FROM pg_stat_activity WHERE application_name = '$IDLER'"
    val seen = texts(looks).toMutableSet()
    val before = seen.size
    val start = markNow()
    while (start.elapsedNow() < time) {
        delay(50.milliseconds)
        seen += texts(looks)
    }
    return seen.size - before
}

/**
 * Counts the transactions on this database during [block], those of other users included.
 *
 * @param lag how long it takes until the sessions that work in [block] have reported their counts.
 */
internal suspend fun BenchQueue.transactionsDuring(lag: Duration = STATISTICS_LAG, block: suspend () -> Unit): Long {
    suspend fun transactions(): Long {
        delay(lag)
        execute("SELECT pg_stat_clear_snapshot()")
        return number("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
    }
    val before = transactions()
    block()
    return transactions() - before - OWN_TRANSACTIONS
}

/** Waits until the worker listens and is idle: it has then run a first job. */
private suspend fun settleIn(backend: Backend, starts: Channel<ValueTimeMark>) {
    backend.queue.enqueue(ENTRYPOINT, PAYLOAD)
    starts.receive()
    delay(1.seconds)
}

private suspend fun <T> working(backend: Backend, handlers: WorkerBuilder.() -> Unit, block: suspend () -> T): T =
    workingAll(listOf(backend), handlers, block)

/** Runs a worker on each of [backends] during [block]. */
private suspend fun <T> workingAll(
    backends: List<Backend>,
    handlers: WorkerBuilder.() -> Unit,
    block: suspend () -> T,
): T = coroutineScope {
    val workers = backends.map { it.worker(handlers) }
    val listening = workers.map { async(Dispatchers.Default) { it.run(HUSHED) } }
    try {
        workers.forEach { awaitListening(it) }
        block()
    } finally {
        workers.forEach(Worker::shutdown)
        listening.awaitAll()
    }
}

private suspend fun awaitListening(worker: Worker) {
    // A probe that is sent before the worker listens is never received.
    while (!worker.listenerHealthy(50.milliseconds)) delay(1.milliseconds)
}

/** Jobs that fail on purpose are not worth an error. */
private val HUSHED = RunOptions { failureSeverity = Severity.WARN }

/** A session reports its counts when it becomes idle, at most once a second, and after ten seconds at the latest. */
private val STATISTICS_LAG = 11.seconds

/** A session also reports its counts when it ends. */
internal val ENDED_SESSIONS_LAG = 1.seconds

/** The transactions that read the counts. */
private const val OWN_TRANSACTIONS = 2
