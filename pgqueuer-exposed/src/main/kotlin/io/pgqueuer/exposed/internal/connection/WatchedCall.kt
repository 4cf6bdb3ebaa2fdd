@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.exposed.internal.connection

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.asExecutor
import org.postgresql.PGConnection
import java.sql.Connection
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A call to the database exceeded its timeout. */
internal class OverdueException(
    val bound: Duration,
) : RuntimeException("took longer than $bound")

/** The caller was cancelled, and the call was aborted. */
internal class AbandonedException : RuntimeException("nobody waits for this call any more")

/**
 * A blocking call that can be aborted. First the server is asked to cancel the statement, twice if necessary. The
 * connection is aborted [AFTER_CANCEL] later. Aborting works even if the network is frozen.
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

    /** Whether a next stage exists; the watchdog can check this without the lock. */
    @Volatile private var hasDue = false

    internal enum class Stage { RUNNING, CANCELED, ABORTED }

    /** Marks the call as begun; its timeout counts from [now]. */
    fun start(now: Long) = lock.withLock { if (bound != null && due == null) dueAt(now + bound.inWholeNanoseconds) }

    /** Marks the call as abandoned by its caller: it has a grace period to end. */
    fun abandon() = lock.withLock {
        isAbandoned = true
        val first = System.nanoTime() + BEFORE_CANCEL.inWholeNanoseconds
        if (stage == Stage.RUNNING) dueAt(due?.let { if (it - first < 0) it else first } ?: first)
    }

    /** Opens a connection for this call. While it is being opened, aborting the call interrupts the thread. */
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
                // The interrupt was meant only for this call.
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

    /** Sets the connection that the call uses from now on. It is aborted if the call is. */
    fun use(used: Connection) = lock.withLock { connection = used }

    /**
     * Ends the use of the connection: the call will not touch it once another call has it. Unless the stage is still
     * [Stage.RUNNING], the connection must be discarded, as a cancel request may still arrive on it.
     */
    fun release(): Stage = lock.withLock {
        connection = null
        stage
    }

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

    /** The result of a call that exceeded its timeout is not reliable, even if it looks like a success. */
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
        /** How long a call continues after its caller was cancelled, before its statement is canceled. */
        val BEFORE_CANCEL = 1.seconds

        /**
         * When the cancel request is repeated, as a request can be lost. A statement that kept running would hold its
         * locks, and one of the server's connections, while it waits for a lock.
         */
        val CANCEL_AGAIN = 500.milliseconds

        /** How long a canceled statement has to end before its connection is aborted. */
        val AFTER_CANCEL = 1.seconds

        /** Cancelling and aborting must not block the watchdog. */
        private val threads = Dispatchers.IO.limitedParallelism(64).asExecutor()

        /** Cancelling needs another connection; if the network is frozen, it fails after a while. */
        private fun cancelStatement(connection: Connection) = threads.execute {
            runCatching { connection.unwrap(PGConnection::class.java).cancelQuery() }
        }

        private fun abort(connection: Connection) = threads.execute { runCatching { connection.abort(Runnable::run) } }
    }
}
