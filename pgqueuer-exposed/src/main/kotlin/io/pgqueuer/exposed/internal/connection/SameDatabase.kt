package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection
import java.util.Collections
import java.util.WeakHashMap
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Checks whether a caller's transaction is on the database of the queue.
 *
 * If the URLs are equal, it is. If they differ (`localhost` and `127.0.0.1`, a name and its alias, the address of a
 * pooler), both databases are asked for their identity, once.
 *
 * @param url returns the URL of the queue's connections, if it is known without opening another one.
 * @param connect opens a connection to the queue's database, if possible outside a pool: the caller holds a connection,
 * and the pool may have no other.
 */
internal class SameDatabase(
    val description: String,
    url: () -> String?,
    private val connect: () -> Connection,
) {
    /** Null if the URL does not show it, for example with a driver that wraps PostgreSQL's. */
    private val place by lazy { (url() ?: connect().use { it.metaData.url })?.let(Place::of) }
    private val verdicts = Collections.synchronizedMap(WeakHashMap<Any, Verdict>())

    private class Verdict(
        val isSame: Boolean,
        val expiry: TimeMark?,
    )

    /** @param database identifies the database of [connection]; the result is cached for it. */
    fun isSame(database: Any, connection: Connection): Boolean {
        verdicts[database]?.takeIf { it.expiry?.hasPassedNow() != true }?.let { return it.isSame }
        val isSame = isSame(connection)
        // Databases that differ may be the same later: after a failover, connections to the old primary are replaced.
        verdicts[database] = Verdict(isSame, if (isSame) null else TimeSource.Monotonic.markNow() + REMEMBERED)
        return isSame
    }

    /** Asks both databases, unless the URLs are equal. The result is not cached. */
    fun isSame(callers: Connection): Boolean {
        if (callers.metaData.databaseProductName != "PostgreSQL") return false
        val url = callers.metaData.url
        val theirs = url?.let(Place::of)
        if (theirs != null && theirs == place) return true
        return connect().use { it.identity() } == callers.identity()
    }

    private companion object {
        val REMEMBERED = 1.minutes
    }
}

/**
 * Identifies the database: the server by its start time in microseconds, and the database by its number there. The
 * server's system identifier is not sufficient: a copy that was restored from a backup has the same one.
 */
private fun Connection.identity(): String = query(
    """
    SELECT extract(epoch FROM pg_postmaster_start_time()) || '/' || oid
    FROM pg_database
    WHERE datname = current_database()
    """.trimIndent(),
) { it.getString(1) }.single()
