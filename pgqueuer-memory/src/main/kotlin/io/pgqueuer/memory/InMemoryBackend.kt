package io.pgqueuer.memory

import io.pgqueuer.BackendOptions
import io.pgqueuer.Insights
import io.pgqueuer.RunOptions
import io.pgqueuer.SchemaManager
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.EngineRuntime
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.LimitRepository
import io.pgqueuer.port.Maintenance
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.PauseRepository
import io.pgqueuer.port.ScheduleRepository
import io.pgqueuer.port.Store
import org.slf4j.LoggerFactory
import kotlin.coroutines.CoroutineContext
import kotlin.reflect.KClass
import kotlin.reflect.safeCast
import kotlin.time.Clock

/**
 * Creates a queue in the memory of this process, for tests and for jobs that may be lost. It logs a warning that says
 * so.
 *
 * It behaves like PostgreSQL and needs no installation.
 *
 * @param clock decides when jobs are due and leases expire. Null (default): under `runTest`, the virtual time of the
 * test, starting at the epoch; otherwise the system's clock. If the clock changes between two operations, time
 * continues from where it was: it neither jumps nor goes backward.
 * @param configure sets the options of the backend.
 */
public fun inMemoryBackend(clock: Clock? = null, configure: BackendOptions.() -> Unit = {}): InMemoryBackend =
    InMemoryBackend(MemoryStore(clock), BackendOptions(configure))

/**
 * A queue in memory, created by [inMemoryBackend]. It can be used by any number of coroutines and threads.
 *
 * Each operation first yields, then takes effect at once. Payloads are copied when they are enqueued, but not when they
 * are read: if a handler changes its payload, the job's next run receives the changed payload. The log grows until
 * [reset], an uninstall, or a worker with a [RunOptions.logRetention].
 */
public class InMemoryBackend internal constructor(
    private val memory: MemoryStore,
    options: BackendOptions,
) : StoreBackend(memory, options) {
    /**
     * Resets this backend for the next test: no jobs, no schedules, no log, ids from 1, installed, and ready for the
     * virtual time of another test. Listeners continue to listen.
     */
    public fun reset() {
        memory.reset()
    }
}

/** The store of an [InMemoryBackend]. */
internal class MemoryStore(
    clock: Clock?,
) : Store {
    private val clock = StoreClock(clock)
    private val broadcast = Broadcast()
    private val database = MemoryDatabase(this.clock, broadcast)

    override val jobs: JobRepository = MemoryJobs(database)
    override val notifications: Notifications = broadcast
    override val schema: SchemaManager = MemorySchema(database)
    override val insights: Insights = MemoryInsights(database)
    override val schedules: ScheduleRepository = MemorySchedules(database)
    override val pauses: PauseRepository = MemoryPauses(database)
    override val limits: LimitRepository = MemoryLimits(database)
    override val maintenance: Maintenance = MemoryMaintenance(database)
    private val immediate = ImmediateCalls(database)

    init {
        LoggerFactory.getLogger(InMemoryBackend::class.java)
            .warn("this queue lives in memory: its jobs are lost when the process ends, and no other process sees them")
    }

    /**
     * Under virtual time everything runs in the [caller]'s context, step by step. Otherwise it runs as with any store.
     */
    override fun runtime(caller: CoroutineContext): EngineRuntime = when (val virtual = virtualTime(caller)) {
        null -> EngineRuntime.onThreads(clock)
        else -> EngineRuntime.inCaller(clock, timeSource = virtual)
    }

    override fun <T : Any> capability(type: KClass<T>): T? = type.safeCast(this) ?: type.safeCast(immediate)

    fun reset() = database.reset()

    /** Does nothing: there is no connection to close, and the jobs stay. */
    override fun close() {}
}
