package io.pgqueuer.exposed.internal.connection

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import org.postgresql.PGConnection
import java.sql.Connection
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A call to the database took longer than it may. */
internal class OverdueException(
    val bound: Duration,
) : RuntimeException("took longer than $bound")

/** The caller has left, and the call was broken off. */
internal class AbandonedException : RuntimeException("nobody waits for this call any more")

/**
 * A blocking call that can be broken off: first the server is asked to cancel its statement, twice if need
 * be, and [AFTER_CANCEL] later the connection is aborted. The latter works also where the network is frozen.
 */
internal class WatchedCall(
    private val bound: Duration?,
    private val onOverdue: (OverdueException) -> Unit,
) {
    private val lock = ReentrantLock()
    private var connection: Connection? = null
    private var opener: Thread? = null
    private var isInterrupted = false
    private var isAbandoned = false
    private var stage = Stage.RUNNING
    private var isCanceledTwice = false

    /** When the next stage is due, by [System.nanoTime]. */
    private var due: Long? = null

    /** Whether anything will be due; it spares the watchdog the lock. */
    @Volatile private var hasDue = false

    internal enum class Stage { RUNNING, CANCELED, ABORTED }

    /** The call has begun; its bound counts from [now]. */
    fun start(now: Long) = lock.withLock { if (bound != null && due == null) dueAt(now + bound.inWholeNanoseconds) }

    /** Nobody waits for the call any more: it has a grace to end by itself. */
    fun abandon() = lock.withLock {
        isAbandoned = true
        val first = System.nanoTime() + BEFORE_CANCEL.inWholeNanoseconds
        if (stage == Stage.RUNNING) dueAt(due?.let { if (it - first < 0) it else first } ?: first)
    }

    /** Opens a connection for this call. While it is under way, breaking off interrupts the thread. */
    fun open(connect: () -> Connection): Connection {
        lock.withLock {
            throwIfOver()
            opener = Thread.currentThread()
        }
        val opened = try {
            connect()
        } finally {
            lock.withLock {
                opener = null
                // The interrupt was meant for this call alone.
                if (isInterrupted) Thread.interrupted()
            }
        }
        try {
            lock.withLock {
                throwIfOver()
                connection = opened
            }
        } catch (e: RuntimeException) {
            opened.abortAndClose()
            throw e
        }
        return opened
    }

    /** From now on this call works on [used], which is aborted if the call is broken off. */
    fun use(used: Connection) = lock.withLock { connection = used }

    /**
     * The call is done with its connection, and will not touch what another may get. Unless it is still
     * [Stage.RUNNING], the connection is of no use any more, and must be thrown away: a cancel may still be on its way.
     */
    fun release(): Stage = lock.withLock {
        connection = null
        stage
    }

    /** Does what is due at [now]. */
    fun check(now: Long) {
        if (!hasDue) return
        var isOverdue = false
        lock.withLock {
            val at = due
            if (at == null || now - at < 0) return
            when (stage) {
                Stage.RUNNING -> {
                    stage = Stage.CANCELED
                    connection?.let(::cancelStatement)
                    dueAt(now + CANCEL_AGAIN.inWholeNanoseconds)
                }

                Stage.CANCELED if !isCanceledTwice -> {
                    isCanceledTwice = true
                    connection?.let(::cancelStatement)
                    dueAt(now + (AFTER_CANCEL - CANCEL_AGAIN).inWholeNanoseconds)
                }

                Stage.CANCELED -> {
                    stage = Stage.ABORTED
                    due = null
                    hasDue = false
                    connection?.let(::abort)
                    opener?.let {
                        isInterrupted = true
                        it.interrupt()
                    }
                    isOverdue = !isAbandoned
                }

                Stage.ABORTED -> Unit
            }
        }
        if (isOverdue) onOverdue(overdue())
    }

    /** The result of a call that was broken off for its bound is not to be relied on, whatever it seems to be. */
    fun <T> judge(result: Result<T>): Result<T> = lock.withLock {
        if (stage == Stage.RUNNING || isAbandoned) return result
        Result.failure(overdue().apply { result.exceptionOrNull()?.let(::initCause) })
    }

    private fun throwIfOver() {
        if (stage != Stage.RUNNING) throw if (isAbandoned) AbandonedException() else overdue()
    }

    private fun overdue() = OverdueException(bound ?: Duration.INFINITE)

    private fun dueAt(at: Long) {
        due = at
        hasDue = true
    }

    internal companion object {
        /** How long a call goes on after its caller has left, before its statement is canceled. */
        val BEFORE_CANCEL = 1.seconds

        /**
         * When the server is asked once more, as a request can be lost. A statement that ran on would hold its locks, and
         * one of the server's connections, for as long as it waits for a lock itself.
         */
        val CANCEL_AGAIN = 500.milliseconds

        /** How long a canceled statement has to end, before its connection is aborted. */
        val AFTER_CANCEL = 1.seconds

        /** Neither may block the watchdog. */
        private val threads = Dispatchers.IO.limitedParallelism(64, "pgqueuer-abort").asExecutor()

        /** It takes a connection more; on a network that is frozen it fails after a while. */
        private fun cancelStatement(connection: Connection) = threads.execute {
            runCatching { connection.unwrap(PGConnection::class.java).cancelQuery() }
        }

        private fun abort(connection: Connection) = threads.execute { runCatching { connection.abort(Runnable::run) } }
    }
}
