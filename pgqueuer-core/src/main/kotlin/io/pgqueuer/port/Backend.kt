package io.pgqueuer.port

import io.pgqueuer.JobQueue
import kotlin.coroutines.CoroutineContext

/**
 * One store and all that the engine needs of it. The adapters make them: `PgQueuer.inMemory()`,
 * `PgQueuer.postgres(…)`.
 *
 * A backend may be shared by producers and workers; closing it ends its connections.
 */
public interface Backend : AutoCloseable {
    public val jobs: JobRepository
    public val notifications: Notifications
    public val schema: SchemaManager
    public val insights: Insights
    public val schedules: ScheduleRepository
    public val maintenance: Maintenance

    /** Returns the time, chance and threads for a worker that is run in the context [caller]. */
    public fun runtime(caller: CoroutineContext): EngineRuntime

    /** A producer's view of this backend, with default limits. */
    public val queue: JobQueue
        get() = JobQueue(this)

    override fun close()
}
