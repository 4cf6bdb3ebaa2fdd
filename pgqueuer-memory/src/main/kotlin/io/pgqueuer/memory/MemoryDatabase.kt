package io.pgqueuer.memory

import io.pgqueuer.JobId
import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaException
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.TableOperation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.yield
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock
import kotlin.time.Instant

/** Holds the tables and runs one transaction at a time on them. */
internal class MemoryDatabase(private val clock: StoreClock, private val broadcast: Broadcast) {
    private val lock = ReentrantLock()

    // Null if it is uninstalled.
    private var tables: Tables? = Tables()

    /**
     * Yields, so that a loop over operations lets others run and a cancelled caller changes nothing. Then runs [block]
     * without suspending, and sends its events after its effects are visible.
     */
    suspend fun <T> transaction(block: Transaction.() -> T): T {
        yield()
        val context = currentCoroutineContext()
        return run({ clock.now(context) }, block)
    }

    /** Runs [block] for a caller that is no coroutine, by the clock of the last operation. */
    fun <T> transactionNow(block: Transaction.() -> T): T = run(clock::now, block)

    private inline fun <T> run(now: () -> Instant, block: Transaction.() -> T): T {
        val transaction: Transaction
        val result: T
        lock.withLock {
            transaction = Transaction(installed(), now())
            result = transaction.block()
        }
        // Not under the lock: sending may resume a listener right here.
        transaction.events.forEach(broadcast::send)
        return result
    }

    fun install(properties: QueueProperties) = lock.withLock {
        if (tables == null) tables = Tables().also { it.properties = properties }
    }

    fun uninstall() = lock.withLock {
        tables = null
    }

    fun requireUninstalled() = lock.withLock {
        if (tables != null) {
            throw SchemaException("the queue in memory is installed; call schema.uninstall() to drop it")
        }
    }

    fun reset() = lock.withLock {
        tables = Tables()
        clock.reset()
    }

    private fun installed() =
        tables ?: throw SchemaException("the queue in memory was uninstalled; call schema.install() to have it again")
}

/** All stored data. */
internal class Tables(val queue: QueueTable = QueueTable()) {
    val schedules = ScheduleTable()
    val pauses = PauseTable()

    /** The concurrency limits that workers have declared, by entrypoint. */
    val limits = HashMap<String, Int>()

    var properties: QueueProperties = QueueProperties.DEFAULT
        set(value) {
            field = value
            queue.log.level = value.logLevel
        }
}

/** One atomic step: the tables that it sees and the events that it sends. */
internal class Transaction(tables: Tables, val now: Instant) {
    var properties: QueueProperties by tables::properties
    val table: QueueTable = tables.queue
    val schedules: ScheduleTable = tables.schedules
    val pauses: PauseTable = tables.pauses
    val limits: MutableMap<String, Int> = tables.limits
    val events = mutableListOf<QueueEvent>()

    fun changed(operation: TableOperation) {
        if (operation != TableOperation.UPDATE && !properties.notifications) return
        events += QueueEvent.TableChanged(operation, now)
    }

    fun schedulesChanged() {
        events += QueueEvent.SchedulesChanged(now)
    }

    fun pausesChanged() {
        events += QueueEvent.PausesChanged(now)
    }

    fun canceled(ids: Collection<JobId>) {
        events += QueueEvent.JobsCanceled(ids.toList(), now, isRecorded = true)
    }
}
