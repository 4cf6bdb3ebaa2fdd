package io.pgqueuer.exposed

import io.pgqueuer.exposed.internal.connection.Connections
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.insights.PostgresInsights
import io.pgqueuer.exposed.internal.job.PostgresJobRepository
import io.pgqueuer.exposed.internal.maintenance.PostgresMaintenance
import io.pgqueuer.exposed.internal.notification.Notices
import io.pgqueuer.exposed.internal.notification.PostgresNotifications
import io.pgqueuer.exposed.internal.schedule.PostgresScheduleRepository
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.schema.PostgresSchemaManager
import io.pgqueuer.port.Backend
import io.pgqueuer.port.EngineRuntime
import io.pgqueuer.port.Insights
import io.pgqueuer.port.Maintenance
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.ScheduleRepository
import io.pgqueuer.port.SchemaManager
import kotlinx.coroutines.Dispatchers
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import java.sql.Connection
import kotlin.coroutines.CoroutineContext

/** A queue in PostgreSQL, made by [postgres]. */
internal class PostgresBackend(
    prefix: String,
    schema: String?,
    private val connections: Connections,
) : Backend {
    /** Workers have threads of their own, so that callers who wait for a connection keep no heartbeat from its. */
    private val engineThreads = Dispatchers.IO.limitedParallelism(connections.engineParallelism, "pgqueuer-engine")
    private val callerThreads = Dispatchers.IO.limitedParallelism(connections.callerParallelism, "pgqueuer-caller")

    private val runtime = EngineRuntime.onThreads(engine = engineThreads)

    private val names = Names(prefix, schema)
    private val engine = Transactions(connections.engine, engineThreads)
    private val callers = Transactions(connections.callers, callerThreads)
    private val notices = Notices(names, runtime.clock)

    override val jobs: PostgresJobRepository = PostgresJobRepository(names, engine, callers, notices)
    override val notifications: Notifications = PostgresNotifications(
        names,
        connections.engine.description,
        connections.openDirectly,
        engine,
        notices,
        runtime.random,
    )
    override val schema: SchemaManager = PostgresSchemaManager(PostgresSchema(prefix, schema), names, engine)
    override val insights: Insights = PostgresInsights(names, callers)
    override val schedules: ScheduleRepository = PostgresScheduleRepository(names, engine, callers, notices)
    override val maintenance: Maintenance = PostgresMaintenance(
        names,
        engine,
        connections.engine.description,
        connections.openDirectly,
    )

    override fun runtime(caller: CoroutineContext): EngineRuntime = runtime

    override fun close() {
        connections.close()
    }
}

/** This backend, if it is one on PostgreSQL. */
internal fun Backend.onPostgres(): PostgresBackend = requireNotNull(this as? PostgresBackend) {
    "a transaction of the caller's needs a queue made by PgQueuer.postgres, was ${this::class.simpleName}"
}

/** The JDBC connection that this transaction runs on. */
internal fun JdbcTransaction.jdbc(): Connection = connection.connection as Connection
