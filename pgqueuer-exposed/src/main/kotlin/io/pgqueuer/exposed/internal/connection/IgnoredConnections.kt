package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.exposed.JdbcQueue
import io.pgqueuer.port.WithoutTransactions
import java.sql.Connection

/** A queue whose [store] has no transactions, for tests of code that passes the connection of its transaction. */
internal class IgnoredConnections(
    private val store: WithoutTransactions,
) : JdbcQueue {
    override fun enqueue(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict) =
        store.enqueue(jobs, onConflict)

    override fun complete(connection: Connection, lease: Lease) = store.complete(lease)

    override fun lock(connection: Connection, lease: Lease) = store.isLive(lease)

    override suspend fun <T> inOwnTransaction(block: suspend () -> T): T = block()
}
