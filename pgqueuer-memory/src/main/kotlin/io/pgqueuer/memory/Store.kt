package io.pgqueuer.memory

import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.QueueEvent
import io.pgqueuer.domain.SchemaException
import io.pgqueuer.domain.TableOperation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.yield
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock
import kotlin.time.Instant

/** Holds the table and lets one transaction at a time at it. */
internal class Store(private val clock: StoreClock, private val broadcast: Broadcast) {
    private val lock = ReentrantLock()

    // Null: uninstalled.
    private var table: QueueTable? = QueueTable()

    /**
     * Yields, so that a loop over operations lets others run and a cancelled caller changes nothing; then runs [block]
     * without suspending, and sends its events once its effects are there to see.
     */
    suspend fun <T> transaction(block: Transaction.() -> T): T {
        yield()
        val context = currentCoroutineContext()
        val transaction: Transaction
        val result: T
        lock.withLock {
            transaction = Transaction(installedTable(), clock.now(context))
            result = transaction.block()
        }
        // Not under the lock: sending may resume a listener right here.
        transaction.events.forEach(broadcast::send)
        return result
    }

    fun install() = lock.withLock {
        if (table == null) table = QueueTable()
    }

    fun uninstall() = lock.withLock {
        table = null
    }

    fun requireUninstalled() = lock.withLock {
        if (table != null) throw SchemaException("the queue in memory is installed; call schema.uninstall() to drop it")
    }

    fun reset() = lock.withLock {
        table = QueueTable()
        clock.reset()
    }

    private fun installedTable() =
        table ?: throw SchemaException("the queue in memory was uninstalled; call schema.install() to have it again")
}

/** One atomic step: what it sees and what it tells others. */
internal class Transaction(val table: QueueTable, val now: Instant) {
    val events = mutableListOf<QueueEvent>()

    fun changed(operation: TableOperation) {
        events += QueueEvent.TableChanged(operation, now)
    }

    fun canceled(ids: Collection<JobId>) {
        events += QueueEvent.JobsCanceled(ids.toList(), now)
    }
}
