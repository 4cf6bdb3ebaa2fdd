package io.pgqueuer.port

import io.pgqueuer.Insights
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.SchemaManager
import kotlin.coroutines.CoroutineContext
import kotlin.reflect.KClass

/**
 * A store: everything that the engine needs. This is what an adapter implements. A `StoreBackend` puts the engine on
 * it.
 *
 * To observe or change what a store does, decorate it: `object : Store by other { override val jobs = … }`.
 */
@PgQueuerSpi
public interface Store : AutoCloseable {
    public val jobs: JobRepository
    public val schedules: ScheduleRepository
    public val pauses: PauseRepository
    public val limits: LimitRepository
    public val notifications: Notifications
    public val schema: SchemaManager
    public val insights: Insights
    public val maintenance: Maintenance

    /** Returns the time, randomness and threads for a worker that runs in the context [caller]. */
    public fun runtime(caller: CoroutineContext): EngineRuntime

    /** Returns the capability [type] of this store beyond this interface, or null if it does not have it. */
    public fun <T : Any> capability(type: KClass<T>): T? = null

    override fun close()
}
