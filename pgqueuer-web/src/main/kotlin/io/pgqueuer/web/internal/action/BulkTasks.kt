package io.pgqueuer.web.internal.action

import io.pgqueuer.Backend
import io.pgqueuer.JobFilter
import io.pgqueuer.MatchingJobs
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import org.slf4j.LoggerFactory
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong

/** Changes of all jobs that match a filter. They run on when the browser has gone, and end with the process. */
internal class BulkTasks(
    private val backend: Backend,
    private val scope: CoroutineScope,
) {
    private val tasks = ConcurrentHashMap<Long, BulkTask>()
    private val numbers = AtomicLong()

    /**
     * Begins to change jobs.
     *
     * @throws IllegalStateException if too many changes run already.
     */
    suspend fun start(action: JobAction, filter: JobFilter): BulkTask {
        val jobs = MatchingJobs(backend, filter, action.statuses)
        tasks.values.removeIf { !it.isRunning && tasks.size > MOST }
        check(tasks.size <= MOST) { "$MOST changes run already; wait until one of them has ended, or stop it" }
        val task = BulkTask(numbers.incrementAndGet(), action, filter, expected = jobs.count())
        tasks[task.number] = task
        task.run = scope.launch { run(task, jobs) }
        return task
    }

    private suspend fun run(task: BulkTask, jobs: MatchingJobs) {
        try {
            jobs.changeAll({ task.action.on(backend.queue, it) }, task::add)
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            task.failure = "$e"
            log.warn("{} all that match {} ended after {} jobs", task.action.verb, task.filter, task.changed, e)
        }
    }

    operator fun get(number: Long?): BulkTask? = number?.let(tasks::get)

    private companion object {
        const val MOST = 20
        val log = LoggerFactory.getLogger(BulkTasks::class.java)
    }
}

/** One change of all jobs that match [filter]. */
internal class BulkTask(
    val number: Long,
    val action: JobAction,
    val filter: JobFilter,
    val expected: Int,
) {
    @Volatile
    var run: Job? = null

    @Volatile
    var seen: Int = 0
        private set

    @Volatile
    var changed: Int = 0
        private set

    /** Why it ended before its end; null if it did not. */
    @Volatile
    var failure: String? = null

    val isRunning: Boolean get() = run?.isActive ?: true

    /** Called by the coroutine of the task alone. */
    fun add(seen: Int, changed: Int) {
        this.seen += seen
        this.changed += changed
    }

    fun stop() {
        run?.cancel()
    }
}
