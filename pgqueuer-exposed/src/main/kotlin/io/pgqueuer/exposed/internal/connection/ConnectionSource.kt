package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.pgqueuer.StoreClosedException
import java.sql.Connection
import java.sql.SQLTransientConnectionException
import java.util.concurrent.ExecutionException
import java.util.concurrent.FutureTask
import java.util.concurrent.atomic.AtomicReference
import javax.sql.DataSource

/** Opens connections to one database. */
internal interface ConnectionSource : AutoCloseable {
    /** The server and database, for messages. */
    val description: String

    /** The maximum number of idle connections. After a failover, all of them may be unusable. */
    val size: Int

    /** Prepares for the first connection. It may block as long as opening one may. */
    fun prepare() = Unit

    /**
     * Opens a connection. The thread can be interrupted meanwhile.
     *
     * @throws StoreClosedException after [close].
     */
    fun open(): Connection

    /** Closes the source. It opens no more connections. */
    override fun close()

    /** Discards [connection], which [open] returned: it is not reused, and its place is free. */
    fun discard(connection: Connection)

    /**
     * Discards idle connections. Called if a connection did not respond to a cancel: idle ones probably do not work
     * either.
     */
    fun distrustIdle() = Unit
}

/**
 * Connections of a [dataSource] that the application created and will close.
 *
 * @param pool the HikariCP pool that the data source is or wraps, if there is one.
 */
internal class GivenDataSource(
    private val dataSource: DataSource,
    override val description: String,
    override val size: Int,
    private val pool: HikariDataSource? = null,
) : ConnectionSource {
    /** The URL of its connections, known once one was opened. */
    @Volatile
    var url: String? = null
        private set

    @Volatile private var isClosed = false

    override fun open(): Connection {
        if (isClosed) throw closed()
        return dataSource.connection.also { if (url == null) url = it.metaData.url }
    }

    /** Does nothing: the application owns the data source. */
    override fun close() {
        isClosed = true
    }

    override fun discard(connection: Connection) {
        connection.abortAndClose { pool?.evictConnection(it) }
    }
}

/**
 * Connections of our own pool, which is created on first use.
 *
 * @param connect opens a connection.
 * @param config of the pool, apart from where its connections come from.
 */
internal class OwnPool(
    override val description: String,
    override val size: Int,
    connect: () -> Connection,
    private val config: () -> HikariConfig,
) : ConnectionSource {
    private val opening = OpeningDataSource(connect)

    @Volatile private var isClosed = false
    private val pool = AtomicReference<FutureTask<HikariDataSource>>()

    /** All callers wait for the same pool. An aborted call must therefore not interrupt its creation. */
    override fun prepare() {
        pool()
    }

    override fun open(): Connection = try {
        pool().connection
    } catch (e: SQLTransientConnectionException) {
        // The pool only knows that none came in time.
        throw opening.failure ?: e
    }

    /** If the first connection fails, it fails at once for all who wait for the pool; the next call tries again. */
    private fun pool(): HikariDataSource {
        if (isClosed) throw closed()
        val mine = FutureTask { HikariDataSource(config().also { it.dataSource = opening }) }
        val made = pool.compareAndExchange(null, mine) ?: mine.also {
            it.run()
            if (isClosed) closePool()
        }
        return try {
            made.get()
        } catch (e: ExecutionException) {
            pool.compareAndSet(made, null)
            if (isClosed) throw closed()
            throw e.cause ?: e
        }
    }

    override fun discard(connection: Connection) {
        connection.abortAndClose { pool.get()?.get()?.evictConnection(it) }
    }

    /** Discards all idle connections, and those in use once they are returned. */
    override fun distrustIdle() {
        pool.get()?.takeIf { it.isDone }?.get()?.hikariPoolMXBean?.softEvictConnections()
    }

    /** Does not wait for a pool that is being created; the thread that creates it closes it. */
    override fun close() {
        isClosed = true
        closePool()
    }

    private fun closePool() {
        pool.get()?.takeIf { it.isDone }?.let { made -> runCatching { made.get() }.onSuccess { it.close() } }
    }
}

private fun closed() = StoreClosedException("this backend is closed")

/**
 * Aborts this connection and returns it to its pool. A pool discards an aborted connection, but without [evict] some
 * pools notice it only when they hand the connection to the next caller.
 */
internal fun Connection.abortAndClose(evict: (Connection) -> Unit = {}) {
    runCatching { abort(Runnable::run) }
    runCatching { evict(this) }
    runCatching { close() }
}
