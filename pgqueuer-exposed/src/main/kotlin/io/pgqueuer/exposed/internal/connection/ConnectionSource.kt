package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.pgqueuer.StoreClosedException
import java.sql.Connection
import java.util.concurrent.ExecutionException
import java.util.concurrent.FutureTask
import java.util.concurrent.atomic.AtomicReference
import javax.sql.DataSource

/** Where connections to one database come from. */
internal interface ConnectionSource : AutoCloseable {
    /** The server and database, for messages. */
    val description: String

    /** The most connections that may be open and idle; as many may be of no use after a failover. */
    val size: Int

    /** Does what comes before the first connection. It may block for as long as opening one may. */
    fun prepare() = Unit

    /**
     * Can be interrupted.
     *
     * @throws StoreClosedException after [close].
     */
    fun open(): Connection

    /** Opens no more connections. */
    override fun close()

    /** Throws [connection] away, which [open] gave: nobody gets it again, and its place is free. */
    fun discard(connection: Connection)

    /** A connection did not even answer a cancel, and had to be aborted: those that are idle are likely to be like it. */
    fun distrustIdle() = Unit
}

/**
 * Connections of a [dataSource] that the application made, and closes.
 *
 * @param pool the pool that it is or wraps, if it is one of HikariCP.
 */
internal class GivenDataSource(
    private val dataSource: DataSource,
    override val description: String,
    override val size: Int,
    private val pool: HikariDataSource? = null,
) : ConnectionSource {
    /** The URL of its connections, once there was one. */
    @Volatile
    var url: String? = null
        private set

    @Volatile private var isClosed = false

    override fun open(): Connection {
        if (isClosed) throw closed()
        return dataSource.connection.also { if (url == null) url = it.metaData.url }
    }

    /** Leaves the data source to its owner. */
    override fun close() {
        isClosed = true
    }

    override fun discard(connection: Connection) {
        connection.abortAndClose { pool?.evictConnection(it) }
    }
}

/** Connections of a pool of our own, made from [config] when the first one is asked for. */
internal class OwnPool(
    override val description: String,
    override val size: Int,
    private val config: () -> HikariConfig,
) : ConnectionSource {
    @Volatile private var isClosed = false
    private val pool = AtomicReference<FutureTask<HikariDataSource>>()

    /** The pool is made for all who wait for it: no call that is broken off may interrupt it. */
    override fun prepare() {
        pool()
    }

    override fun open(): Connection = pool().connection

    /** Fails at once if the first connection does, for all who wait for it; the next call tries again. */
    private fun pool(): HikariDataSource {
        if (isClosed) throw closed()
        val mine = FutureTask { HikariDataSource(config()) }
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

    /** Throws all idle connections away, and those in use once they are given back. */
    override fun distrustIdle() {
        pool.get()?.takeIf { it.isDone }?.get()?.hikariPoolMXBean?.softEvictConnections()
    }

    /** Does not wait for a pool that is being made; whoever makes it closes it. */
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
 * Breaks this connection off and gives it back. A pool takes one that is aborted for what it is; without [evict], some
 * find out only when they give it to the next one.
 */
internal fun Connection.abortAndClose(evict: (Connection) -> Unit = {}) {
    runCatching { abort(Runnable::run) }
    runCatching { evict(this) }
    runCatching { close() }
}
