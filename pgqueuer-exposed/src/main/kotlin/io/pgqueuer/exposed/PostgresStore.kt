@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.exposed

import io.pgqueuer.Insights
import io.pgqueuer.SchemaManager
import io.pgqueuer.exposed.internal.connection.Connections
import io.pgqueuer.exposed.internal.connection.Joining
import io.pgqueuer.exposed.internal.connection.SameDatabase
import io.pgqueuer.exposed.internal.connection.TRANSACTION_BOUND
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.connection.Watchdog
import io.pgqueuer.exposed.internal.insights.PostgresInsights
import io.pgqueuer.exposed.internal.job.PostgresJobRepository
import io.pgqueuer.exposed.internal.limit.PostgresLimitRepository
import io.pgqueuer.exposed.internal.maintenance.PostgresMaintenance
import io.pgqueuer.exposed.internal.notification.ListenerConnection
import io.pgqueuer.exposed.internal.notification.Notices
import io.pgqueuer.exposed.internal.notification.PostgresNotifications
import io.pgqueuer.exposed.internal.pause.PostgresPauseRepository
import io.pgqueuer.exposed.internal.schedule.PostgresScheduleRepository
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.schema.PostgresSchemaManager
import io.pgqueuer.port.EngineRuntime
import io.pgqueuer.port.LimitRepository
import io.pgqueuer.port.Maintenance
import io.pgqueuer.port.PauseRepository
import io.pgqueuer.port.ScheduleRepository
import io.pgqueuer.port.Store
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlin.coroutines.CoroutineContext
import kotlin.reflect.KClass
import kotlin.reflect.safeCast
import kotlin.time.Duration

/** The store of a [PostgresBackend]. */
internal class PostgresStore(
    prefix: String,
    schema: String?,
    private val connections: Connections,
    transactions: List<TransactionSource>,
) : Store {
    /**
     * Workers have their own threads, so that callers who wait for a connection cannot delay a heartbeat. Their calls use
     * only a part of these: if all calls wait for a server that is silent, leases must still be watched.
     */
    private val engineThreads = Dispatchers.IO.limitedParallelism(connections.engineParallelism + FREE_OF_CALLS)
    private val engineCalls = engineThreads.limitedParallelism(connections.engineParallelism)
    private val callerThreads = Dispatchers.IO.limitedParallelism(connections.callerParallelism)

    private val runtime = EngineRuntime.onThreads(engine = engineThreads)

    private val names = Names(prefix, schema)
    private val notices = Notices(names, runtime.clock)
    private val watchdog = Watchdog()
    private val databases = SameDatabase(connections.callers.description, connections.url, connections.openDirectly)

    private val engine = Transactions(connections.engine, engineCalls, watchdog, TRANSACTION_BOUND)

    /** For calls that can take long on a large table. They have no timeout, but the caller can cancel them. */
    private val unbounded = Transactions(connections.engine, engineCalls, watchdog, bound = null)
    private val callers = callers(TRANSACTION_BOUND, Joining.Callers(transactions, databases, refuses = true))
    private val reading = callers(bound = null, Joining.Callers(transactions, databases, refuses = false))

    private fun callers(bound: Duration?, joining: Joining) =
        Transactions(connections.callers, callerThreads, watchdog, bound, joining)

    override val jobs: PostgresJobRepository = PostgresJobRepository(names, engine, callers, notices, databases)
    override val notifications: PostgresNotifications = PostgresNotifications(
        names,
        connections.engine.description,
        connections.openForListening,
        watchdog,
        ListenerConnection.SILENCE,
        engine,
        notices,
        runtime.random,
    )
    override val schema: SchemaManager = PostgresSchemaManager(PostgresSchema(prefix, schema), names, unbounded)
    override val insights: Insights = PostgresInsights(names, reading)
    override val schedules: ScheduleRepository = PostgresScheduleRepository(names, engine, callers, reading, notices)
    override val pauses: PauseRepository = PostgresPauseRepository(names, callers, notices)
    override val limits: LimitRepository = PostgresLimitRepository(names, engine)
    override val maintenance: Maintenance = PostgresMaintenance(
        names,
        engine,
        connections.engine.description,
        watchdog,
        connections.openDirectly,
    )

    override fun runtime(caller: CoroutineContext): EngineRuntime = runtime

    override fun <T : Any> capability(type: KClass<T>): T? = type.safeCast(this) ?: type.safeCast(jobs)

    override fun close() {
        notifications.close()
        connections.close()
    }

    private companion object {
        /** Enough for the parts of the engine, which do not block. */
        const val FREE_OF_CALLS = 2
    }
}
