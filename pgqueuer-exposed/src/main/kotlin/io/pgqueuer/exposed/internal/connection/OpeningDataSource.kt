package io.pgqueuer.exposed.internal.connection

import java.io.PrintWriter
import java.sql.Connection
import java.sql.SQLFeatureNotSupportedException
import java.util.logging.Logger
import javax.sql.DataSource

/**
 * A data source for a pool. It opens every connection by [connect], with the configuration of that moment.
 *
 * The pool's login timeout has no effect: [connect] has its own.
 */
internal class OpeningDataSource(
    private val connect: () -> Connection,
) : DataSource {
    override fun getConnection(): Connection = connect()

    override fun getConnection(user: String?, password: String?): Connection = connect()

    /** When HikariCP is closed, it waits this long for a thread that opens connections. */
    override fun getLoginTimeout() = 1

    override fun setLoginTimeout(seconds: Int) = Unit

    override fun getLogWriter(): PrintWriter? = null

    override fun setLogWriter(out: PrintWriter?) = Unit

    override fun getParentLogger(): Logger = throw SQLFeatureNotSupportedException()

    override fun <T> unwrap(type: Class<T>): T = throw SQLFeatureNotSupportedException()

    override fun isWrapperFor(type: Class<*>) = false
}
