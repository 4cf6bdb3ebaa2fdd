package io.pgqueuer.java.internal

import io.pgqueuer.CoalescingProducer
import io.pgqueuer.CompletionWatcher
import io.pgqueuer.Worker
import io.pgqueuer.JobId
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.java.EndedJob
import io.pgqueuer.java.Insights
import io.pgqueuer.java.JobQueue
import io.pgqueuer.java.JobStatus
import io.pgqueuer.java.Schedules
import io.pgqueuer.java.Schema
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.Backend
import java.util.concurrent.CompletableFuture
import javax.sql.DataSource
import kotlin.time.Clock
import kotlin.time.toKotlinInstant

/** What stands behind a client: its store, its calls, its running workers. */
class ClientBridge private constructor(
    val backend: Backend,
) {
    private val calls = Calls()
    private val watcher = lazy { backend.completionWatcher(calls.scope) }
    private val running = mutableSetOf<CoreWorker>()
    private var closed = false

    val queue: JobQueue = CoreJobQueue(backend.queue, calls)
    val coalescingQueue: JobQueue by lazy {
        CoreJobQueue(CoalescingProducer(backend.queue, calls.scope).queue, calls)
    }
    val insights: Insights = CoreInsights(backend.insights, calls)
    val schedules: Schedules = CoreSchedules(backend.schedules, calls)
    val schema: Schema = CoreSchema(backend.schema, calls)

    fun draft() = WorkerDraft(this)

    fun awaitCompletion(id: Long): CompletableFuture<JobStatus> = call {
        watcher.value.awaitCompletion(JobId(id)).toJava()
    }

    fun awaitAll(ids: Collection<Long>): CompletableFuture<Map<Long, JobStatus>> {
        val asked = ids.jobIds()
        return call { watcher.value.awaitAll(asked).toJava() }
    }

    fun awaitFirst(ids: Collection<Long>): CompletableFuture<EndedJob> {
        val asked = ids.jobIds()
        return call { watcher.value.awaitFirst(asked).let { (id, status) -> EndedJob(id.value, status.toJava()) } }
    }

    internal fun <T> call(block: suspend () -> T): CompletableFuture<T> = calls.call(block)

    /** Starts a run of [worker], which [close] then ends. */
    @Synchronized
    internal fun <T> startRun(worker: CoreWorker, block: suspend () -> T): Call<T> {
        check(!closed) { "this client is closed" }
        running += worker
        // It runs on this thread at first, so that a shutdown that comes right after the start finds the worker running.
        return calls.start(block).apply {
            work.invokeOnCompletion { ended(worker) }
        }
    }

    @Synchronized
    private fun ended(worker: CoreWorker) {
        running -= worker
    }

    fun close() {
        val workers = synchronized(this) {
            if (closed) return
            closed = true
            running.toList()
        }
        workers.forEach { it.askToStop() }
        workers.forEach { it.close() }
        calls.close()
        backend.close()
    }

    companion object {
        @JvmStatic
        fun inMemory(clock: java.time.Clock?) = ClientBridge(inMemoryBackend(clock?.let(::JavaClock)))

        @JvmStatic
        fun postgres(settings: PostgresSettings) = ClientBridge(postgresBackend(settings))

        @JvmStatic
        fun postgres(dataSource: DataSource, prefix: String, schema: String?) =
            ClientBridge(postgresBackend(dataSource, prefix, schema))
    }
}

private class JavaClock(
    private val clock: java.time.Clock,
) : Clock {
    override fun now() = clock.instant().toKotlinInstant()
}
