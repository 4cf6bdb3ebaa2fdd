package io.pgqueuer.exposed.internal.connection

import java.io.PrintWriter
import java.sql.Connection
import java.sql.SQLException
import java.sql.SQLFeatureNotSupportedException
import java.util.logging.Logger
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/**
 * A data source for a pool. It opens every connection by [connect], with the configuration of that moment.
 *
 * If the server cannot be reached, it tries again until it can, at least twice a second. HikariCP itself would wait for
 * up to five seconds between two attempts, and leases can expire meanwhile. Callers of the pool wait no longer than its
 * connection timeout. The first connection of all fails at once, as the settings may be wrong.
 *
 * The pool's login timeout has no effect: [connect] has its own.
 */
internal class OpeningDataSource(
    private val connect: () -> Connection,
) : DataSource {
    @Volatile private var hasOpened = false

    /** Why the last attempt failed; null if it did not. */
    @Volatile
    var failure: SQLException? = null
        private set

    override fun getConnection(): Connection {
        var pause = FIRST_PAUSE
        while (true) {
            try {
                return connect().also {
                    hasOpened = true
                    failure = null
                }
            } catch (e: SQLException) {
                failure = e
                if (!hasOpened || !e.isOutage || !slept(pause)) throw e
            }
            pause = (pause * 2).coerceAtMost(LONGEST_PAUSE)
        }
    }

    /** Returns false if the pool was closed meanwhile. */
    private fun slept(pause: Duration): Boolean = try {
        Thread.sleep(pause.inWholeMilliseconds)
        true
    } catch (_: InterruptedException) {
        Thread.currentThread().interrupt()
        false
    }

    override fun getConnection(user: String?, password: String?): Connection = connection

    /** When HikariCP is closed, it waits this long for a thread that opens connections. */
    override fun getLoginTimeout() = 1

    override fun setLoginTimeout(seconds: Int) = Unit

    override fun getLogWriter(): PrintWriter? = null

    override fun setLogWriter(out: PrintWriter?) = Unit

    override fun getParentLogger(): Logger = throw SQLFeatureNotSupportedException()

    override fun <T> unwrap(type: Class<T>): T = throw SQLFeatureNotSupportedException()

    override fun isWrapperFor(type: Class<*>) = false

    private companion object {
        val FIRST_PAUSE = 50.milliseconds
        val LONGEST_PAUSE = 500.milliseconds
    }
}
