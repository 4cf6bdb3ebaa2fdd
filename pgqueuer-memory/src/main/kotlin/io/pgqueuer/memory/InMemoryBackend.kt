package io.pgqueuer.memory

import io.pgqueuer.PgQueuer
import io.pgqueuer.RunOptions
import io.pgqueuer.port.Backend
import io.pgqueuer.port.EngineRuntime
import io.pgqueuer.port.Insights
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Maintenance
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.ScheduleRepository
import io.pgqueuer.port.SchemaManager
import org.slf4j.LoggerFactory
import kotlin.coroutines.CoroutineContext
import kotlin.time.Clock

/**
 * Makes a queue in this process's memory, for tests and for work that may be lost; it warns so once.
 *
 * It behaves as PostgreSQL does and needs no installation.
 *
 * @param clock decides due times and leases; default: the virtual time of the kotlinx-coroutines-test scheduler that an
 * operation runs under, starting at the epoch, and else the system's clock. When an operation comes from another of
 * these than the last one did, time goes on from where it was: it neither jumps nor goes backward.
 */
public fun PgQueuer.Companion.inMemory(clock: Clock? = null): InMemoryBackend = InMemoryBackend(clock)

/**
 * A queue in memory, made by [inMemory]; safe for use by any number of coroutines and threads.
 *
 * Each operation first yields, then takes effect at once. Payloads are copied when they are enqueued and handed out as
 * they are stored: a handler that changes its payload changes that of the job's next run. The log grows until [clear],
 * an uninstall, or a worker with a [RunOptions.logRetention].
 */
public class InMemoryBackend internal constructor(clock: Clock?) : Backend {
    private val storeClock = StoreClock(clock)
    private val broadcast = Broadcast()
    private val store = Store(storeClock, broadcast)

    override val jobs: JobRepository = MemoryJobs(store)
    override val notifications: Notifications = broadcast
    override val schema: SchemaManager = MemorySchema(store)
    override val insights: Insights = MemoryInsights(store)
    override val schedules: ScheduleRepository = MemorySchedules(store)
    override val maintenance: Maintenance = MemoryMaintenance(store)

    /** Under virtual time all runs in the [caller]'s context, step by step; else as with any store. */
    override fun runtime(caller: CoroutineContext): EngineRuntime = when (val virtual = virtualTime(caller)) {
        null -> EngineRuntime.onThreads(storeClock)
        else -> EngineRuntime.inCaller(storeClock, timeSource = virtual)
    }

    init {
        LoggerFactory.getLogger(InMemoryBackend::class.java)
            .warn("this queue lives in memory: its jobs are lost when the process ends, and no other process sees them")
    }

    /**
     * Makes this backend as good as new, for the next test: no jobs, no schedules, no log, ids from 1, installed, and free to start
     * at the time of another test's scheduler. Whoever listens goes on listening.
     */
    public fun clear() {
        store.reset()
    }

    /** Does nothing: there is no connection to end, and the jobs stay. */
    override fun close() {}
}
