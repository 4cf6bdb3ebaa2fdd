package io.pgqueuer.exposed.internal.schedule

import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.notification.Notices
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.ScheduleBatch
import io.pgqueuer.port.ScheduleLease
import io.pgqueuer.port.ScheduleRepository
import io.pgqueuer.port.ScheduleTarget
import java.sql.Connection
import kotlin.time.Duration

/**
 * The schedules in PostgreSQL.
 *
 * @param engine for what workers do; never joins a transaction of the caller.
 * @param callers for what applications do; joins the caller's transaction.
 * @param reading like [callers], for calls that change nothing.
 */
internal class PostgresScheduleRepository(
    names: Names,
    private val engine: Transactions,
    private val callers: Transactions,
    private val reading: Transactions,
    private val notices: Notices,
) : ScheduleRepository {
    private val register = RegisterSchedules(names)
    private val claim = ClaimSchedules(names)
    private val manage = ManageSchedules(names)

    override suspend fun register(targets: List<ScheduleTarget>, leaseTimeout: Duration) {
        if (targets.isNotEmpty()) engine.own { register.run(it, targets.distinct, leaseTimeout) }
    }

    override suspend fun claim(targets: List<ScheduleTarget>, leaseTimeout: Duration): ScheduleBatch {
        if (targets.isEmpty()) return ScheduleBatch(emptyList(), nextDue = null)
        return engine.own(onUnheard = ::giveBack) { claim.run(it, targets.distinct, leaseTimeout) }
    }

    private fun giveBack(connection: Connection, unheard: ScheduleBatch) {
        val released = unheard.runs.count { manage.release(connection, it.lease) }
        if (released > 0) notices.schedulesChanged(connection)
    }

    override suspend fun renew(lease: ScheduleLease): Boolean = engine.own { manage.renew(it, lease) }

    override suspend fun complete(lease: ScheduleLease): Boolean = engine.own { connection ->
        val isDue = manage.complete(connection, lease)
        if (isDue == true) notices.schedulesChanged(connection)
        isDue != null
    }

    override suspend fun release(lease: ScheduleLease): Boolean = engine.own { connection ->
        manage.release(connection, lease).also { if (it) notices.schedulesChanged(connection) }
    }

    override suspend fun list(): List<Schedule> = reading.joining(manage::list)

    override suspend fun remove(ids: Collection<ScheduleId>): Set<ScheduleId> =
        changing(ids, wakes = false, manage::remove)

    override suspend fun runNow(ids: Collection<ScheduleId>): Set<ScheduleId> =
        changing(ids, wakes = true, manage::runNow)

    override suspend fun pause(ids: Collection<ScheduleId>): Set<ScheduleId> =
        changing(ids, wakes = false, manage::pause)

    override suspend fun resume(ids: Collection<ScheduleId>): Set<ScheduleId> =
        changing(ids, wakes = true, manage::resume)

    /** @param wakes whether workers are to look at the schedules that [change] has changed. */
    private suspend fun changing(
        ids: Collection<ScheduleId>,
        wakes: Boolean,
        change: (Connection, Collection<ScheduleId>) -> Set<ScheduleId>,
    ): Set<ScheduleId> {
        if (ids.isEmpty()) return emptySet()
        return callers.joining { connection ->
            change(connection, ids).also { if (wakes && it.isNotEmpty()) notices.schedulesChanged(connection) }
        }
    }

    /** One statement can store or lease a row only once. */
    private val List<ScheduleTarget>.distinct get() = distinctBy { it.expression to it.name }
}
