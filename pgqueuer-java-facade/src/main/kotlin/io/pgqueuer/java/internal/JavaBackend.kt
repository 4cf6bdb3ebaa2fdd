package io.pgqueuer.java.internal

import io.pgqueuer.exposed.TransactionSource
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.java.Backend
import io.pgqueuer.java.BackendOptions
import io.pgqueuer.java.CompletionWatcher
import io.pgqueuer.java.InMemoryBackend
import io.pgqueuer.java.Insights
import io.pgqueuer.java.JobQueue
import io.pgqueuer.java.PostgresSettings
import io.pgqueuer.java.Schedules
import io.pgqueuer.java.SchemaManager
import io.pgqueuer.java.WatcherOptions
import io.pgqueuer.java.WorkerBuilder
import io.pgqueuer.memory.inMemoryBackend
import java.util.function.Consumer
import javax.sql.DataSource
import kotlin.time.Clock
import kotlin.time.toKotlinInstant
import io.pgqueuer.Backend as CoreBackend
import io.pgqueuer.memory.InMemoryBackend as CoreInMemoryBackend

internal fun postgres(settings: PostgresSettings, options: Consumer<BackendOptions>): Backend {
    required("settings" to settings, "options" to options)
    val draft = BackendDraft().configured(options)
    return JavaBackend(postgresBackend(draft.placed(settings.toCore()), configure = draft::applyTo))
}

internal fun postgres(dataSource: DataSource, options: Consumer<BackendOptions>): Backend {
    required("dataSource" to dataSource, "options" to options)
    val draft = BackendDraft().configured(options)
    return JavaBackend(postgresBackend(dataSource, draft.prefix.orEmpty(), draft.schema, configure = draft::applyTo))
}

internal fun inMemory(options: Consumer<BackendOptions>): InMemoryBackend = required("options" to options) {
    JavaInMemoryBackend(inMemoryBackend(configure = BackendDraft().configured(options)::applyTo))
}

internal fun inMemory(clock: java.time.Clock, options: Consumer<BackendOptions>): InMemoryBackend =
    required("clock" to clock, "options" to options) {
        JavaInMemoryBackend(inMemoryBackend(JavaClock(clock), BackendDraft().configured(options)::applyTo))
    }

/** As [Backend.postgres], with [transactions] in which calls look for the caller's transaction; for frameworks. */
fun postgres(
    settings: PostgresSettings,
    transactions: List<TransactionSource>,
    options: Consumer<BackendOptions>,
): Backend {
    val draft = BackendDraft().configured(options)
    return JavaBackend(postgresBackend(draft.placed(settings.toCore()), transactions, draft::applyTo))
}

/** As [Backend.postgres], with [transactions] in which calls look for the caller's transaction; for frameworks. */
fun postgres(
    dataSource: DataSource,
    transactions: List<TransactionSource>,
    options: Consumer<BackendOptions>,
): Backend {
    val draft = BackendDraft().configured(options)
    return JavaBackend(
        postgresBackend(dataSource, draft.prefix.orEmpty(), draft.schema, transactions, draft::applyTo),
    )
}

/** Puts futures on the [core] backend, for an application that made it in Kotlin. */
fun javaBackend(core: CoreBackend): Backend = JavaBackend(core)

/** Puts futures on the [core] backend, whose calls run on [threads]. */
fun javaBackend(core: CoreBackend, threads: CallThreads): Backend = JavaBackend(core, threads)

/** Returns core's backend behind this one, for modules of our own that are written for core. */
fun Backend.toCore(): CoreBackend = requireNotNull(this as? JavaBackend) {
    "the backend ${this::class.java.name} is not of this library; pass one that Backend.postgres or Backend.inMemory made"
}.core

/** Puts futures on the [core] backend, and keeps its running workers so that it can close them. */
internal open class JavaBackend(
    val core: CoreBackend,
    val threads: CallThreads = FutureThreads,
) : Backend {
    private val calls = Calls(threads)
    private val running = mutableSetOf<JavaWorker>()
    private var closed = false

    private val queue = JavaJobQueue(core.queue, calls)
    private val insights = JavaInsights(core.insights, calls)
    private val schedules = JavaSchedules(core.schedules, calls)
    private val schema = JavaSchemaManager(core.schema, calls)

    override fun queue(): JobQueue = queue

    override fun insights(): Insights = insights

    override fun schedules(): Schedules = schedules

    override fun schema(): SchemaManager = schema

    override fun worker(): WorkerBuilder = JavaWorkerBuilder(this)

    override fun completionWatcher(options: Consumer<WatcherOptions>): CompletionWatcher =
        required("options" to options) {
            JavaCompletionWatcher(
                core.completionWatcher(calls.background) {
                    options.accept(JavaWatcherOptions(this))
                },
                calls,
            )
        }

    fun <T> call(block: suspend () -> T) = calls.call(block)

    /** Starts a run of [worker], which [close] then ends. */
    @Synchronized
    fun <T> startRun(worker: JavaWorker, block: suspend () -> T): Call<T> {
        if (closed) return calls.refused()
        running += worker
        // The run starts on this thread, so that a shutdown right after it finds the worker running.
        return calls.start(calls.background, block).apply {
            work.invokeOnCompletion { ended(worker) }
        }
    }

    @Synchronized
    private fun ended(worker: JavaWorker) {
        running -= worker
    }

    override fun close() {
        val workers = synchronized(this) {
            if (closed) return
            closed = true
            running.toList()
        }
        workers.forEach { it.askToStop() }
        workers.forEach { it.close() }
        calls.close()
        core.close()
    }
}

/** Puts futures on a queue in memory. */
private class JavaInMemoryBackend(
    private val memory: CoreInMemoryBackend,
) : JavaBackend(memory),
    InMemoryBackend {
    override fun reset() {
        memory.reset()
    }
}

private class JavaClock(
    private val clock: java.time.Clock,
) : Clock {
    override fun now() = clock.instant().toKotlinInstant()
}
