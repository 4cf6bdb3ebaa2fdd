package io.pgqueuer.cli.demo

import com.github.ajalt.mordant.terminal.Terminal
import io.pgqueuer.Backend
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.Severity
import io.pgqueuer.Worker
import io.pgqueuer.cli.Progress
import io.pgqueuer.cli.showProgress
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext
import kotlin.time.TimeSource

/**
 * One run of the demo: several workers run one job for each file, and then the result is checked.
 *
 * @param backends one for each worker. The first one also serves the producer.
 */
internal class Demo(
    private val walk: FileWalk,
    private val backends: List<Backend>,
    private val table: FileTable,
    private val terminal: Terminal,
) {
    private val queue: JobQueue = backends.first().queue

    /** Runs the demo, and returns how the rows differ from the files; an empty list if they agree. */
    suspend fun run(): List<String> {
        val start = TimeSource.Monotonic.markNow()
        val worked = work()
        val rows = table.rows()
        terminal.println(summary(Figures(walk, rows, worked.reports, worked.at - start, worked.awaited)))
        return withContext(Dispatchers.IO) { differences(walk.root, rows) }
    }

    private class Worked(
        val reports: List<RunReport>,
        val at: TimeSource.Monotonic.ValueTimeMark,
        val awaited: Awaited,
    )

    /** Enqueues while the workers run, and stops them once all jobs have ended and the schedule has run. */
    private suspend fun work(): Worked = coroutineScope {
        val pulsed = CompletableDeferred<Unit>()
        val workers = backends.map { demoWorker(it, table, onPulse = { pulsed.complete(Unit) }) }
        val options = RunOptions {
            maxConcurrentTasks = HANDLERS_OF_A_WORKER
            // A job fails on purpose.
            failureSeverity = Severity.WARN
        }
        val runs = workers.map { async { it.run(options) } }
        val enqueued = async { enqueue() }
        showProgress(terminal) { progress(walk.files.size + 1L, enqueued.isCompleted) }
        val workedAt = TimeSource.Monotonic.markNow()
        val awaited = awaitJob()
        pulsed.await()
        workers.forEach(Worker::shutdown)
        Worked(runs.awaitAll(), workedAt, awaited)
    }

    private suspend fun awaitJob(): Awaited = coroutineScope {
        backends.first().completionWatcher(this).use { watcher ->
            val start = TimeSource.Monotonic.markNow()
            val status = watcher.awaitCompletion(queue.enqueue(AWAITED))
            Awaited(status, start.elapsedNow())
        }
    }

    private suspend fun enqueue() {
        val every = (walk.files.size / FAILING_FIRST + 1).coerceAtLeast(2)
        val jobs = walk.files.asSequence().mapIndexed { index, file ->
            FILE.newJob(FileJob(file.toUri().toString(), failsFirst = index % every == 0))
        }
        (jobs + NewJob(HELD)).chunked(BATCH).forEach { queue.enqueueAll(it) }
    }

    private suspend fun progress(total: Long, allEnqueued: Boolean): Progress {
        if (!allEnqueued) return Progress(0, total)
        val active = backends.first().insights.queueSize()
            .filter { it.entrypoint in DEMO_ENTRYPOINTS && it.status != JobStatus.HELD }
            .sumOf { it.count }
        return Progress(total - active, total)
    }

    private companion object {
        const val HANDLERS_OF_A_WORKER = 4
        const val FAILING_FIRST = 5
        const val BATCH = 1_000
    }
}
