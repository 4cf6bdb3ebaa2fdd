package io.pgqueuer.port

import io.pgqueuer.JobQueue

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
    public val runtime: EngineRuntime

    /** A producer's view of this backend, with default limits. */
    public val queue: JobQueue
        get() = JobQueue(this)

    override fun close()
}
