package io.pgqueuer.port

import io.pgqueuer.Insights
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.SchemaManager
import kotlin.coroutines.CoroutineContext
import kotlin.reflect.KClass

/**
 * One store, with all that the engine needs of it. This is what an adapter implements. A
 * `StoreBackend` puts the engine on it.
 *
 * To observe or change what a store does, decorate it: `object : Store by other { override val jobs = … }`.
 */
@PgQueuerSpi
public interface Store : AutoCloseable {
    public val jobs: JobRepository
    public val schedules: ScheduleRepository
    public val notifications: Notifications
    public val schema: SchemaManager
    public val insights: Insights
    public val maintenance: Maintenance

    /** Returns the time, the randomness and the threads for what is run in the context [caller]. */
    public fun runtime(caller: CoroutineContext): EngineRuntime

    /** Returns what this store can do beyond this interface, if it can. */
    public fun <T : Any> capability(type: KClass<T>): T? = null

    override fun close()
}
