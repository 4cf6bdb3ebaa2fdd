package io.pgqueuer.web.internal.state

import io.pgqueuer.Backend
import io.pgqueuer.HeldJob
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.LogFilter
import io.pgqueuer.Pause
import io.pgqueuer.QueueProperties
import io.pgqueuer.QueueSnapshot
import io.pgqueuer.RunTimes
import io.pgqueuer.Schedule
import io.pgqueuer.SchemaDifference
import io.pgqueuer.SchemaException
import io.pgqueuer.StoredJob
import io.pgqueuer.ThroughputStep
import io.pgqueuer.adapter.StoreBackend
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.shareIn
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What pages show of the whole queue. All browsers share it, and each part is read seldom enough. */
internal class LiveState(
    private val backend: Backend,
    scope: CoroutineScope,
    every: Duration,
) : AutoCloseable {
    private val insights = backend.insights
    private val snapshots = backend.snapshotReader(scope, every)
    private val history = Shared(HISTORY_EVERY) { insights.throughputHistory(HISTORY, HISTORY_STEP) }
    private val runTimes = Shared(RUN_TIMES_EVERY) { insights.runTimes(RUN_TIMES_OF, MOST_RUNS) }
    private val pauses = Shared(every) { insights.pauses() }
    private val pausedSchedules = Shared(every) { backend.schedules.list().filter { it.pausedSince != null } }
    private val failures = Shared(every) { LogSearch.run(insights, LogFilter(statuses = FAILED), NEWEST).entries }
    private val held = Shared(every) { insights.heldJobs(limit = MOST_HELD) }
    private val stale = Shared(every) { insights.staleJobs(STALE, limit = NEWEST) }
    private val properties = Shared(RUN_TIMES_EVERY) { backend.schema.properties() }
    private val differences = Shared(VERIFY_EVERY) { verified() }

    private val ticker = Ticker(backend.capability(StoreBackend::class)?.store?.notifications, every)

    /** An element whenever pages should be read again, as long as somebody collects them. */
    val ticks: Flow<Unit> = ticker.ticks().shareIn(scope, SharingStarted.WhileSubscribed())

    /** Why notifications do not arrive; null if they do, or if nobody listens. */
    val notListening: Throwable? get() = ticker.interruption

    suspend fun snapshot(): QueueSnapshot = snapshots.read()

    /** Counts for each minute of the last hour. */
    suspend fun history(): List<ThroughputStep> = history.get()

    /** Of the last quarter of an hour, of the newest [MOST_RUNS] runs. */
    suspend fun runTimes(): List<RunTimes> = runTimes.get()

    suspend fun pauses(): List<Pause> = pauses.get()

    suspend fun pausedSchedules(): List<Schedule> = pausedSchedules.get()

    suspend fun newestFailures(): List<LogEntry> = failures.get()

    /** The first [MOST_HELD] held jobs. */
    suspend fun held(): List<HeldJob> = held.get()

    suspend fun staleJobs(): List<StoredJob> = stale.get()

    suspend fun properties(): QueueProperties = properties.get()

    suspend fun differences(): List<SchemaDifference> = differences.get()

    private suspend fun verified(): List<SchemaDifference> = try {
        backend.schema.verify()
    } catch (e: SchemaException) {
        e.differences
    }

    override fun close() {
        snapshots.close()
    }

    companion object {
        val HISTORY = 1.hours
        val HISTORY_STEP = 1.minutes
        val RUN_TIMES_OF = 15.minutes

        /** A job is called stale if its heartbeat is older: the default timeout of a lease. */
        val STALE = 30.seconds
        const val MOST_HELD = 1_000
        private const val NEWEST = 20

        /** Each run takes two look-ups in the log. */
        private const val MOST_RUNS = 5_000
        private val FAILED = setOf(JobStatus.EXCEPTION, JobStatus.HELD)
        private val HISTORY_EVERY = 10.seconds
        private val RUN_TIMES_EVERY = 30.seconds
        private val VERIFY_EVERY = 1.minutes
    }
}
