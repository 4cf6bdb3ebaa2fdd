package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection
import java.util.Collections
import java.util.WeakHashMap
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Tells whether the database of a caller's transaction is the one that the queue is in.
 *
 * Equal URLs say so. If they differ (`localhost` and `127.0.0.1`, a name and its alias, the address of a pooler), both
 * databases are asked for their identity, once.
 *
 * @param url tells the URL of the queue's connections, if it is known without a further one.
 * @param connect opens a connection to the queue's database, not from a pool if that can be helped: the caller holds a
 * connection, and a pool may have no other one.
 */
internal class SameDatabase(
    val description: String,
    url: () -> String?,
    private val connect: () -> Connection,
) {
    /** Null if the URL says nothing, as that of a driver that wraps PostgreSQL's. */
    private val place by lazy { (url() ?: connect().use { it.metaData.url })?.let(Place::of) }
    private val verdicts = Collections.synchronizedMap(WeakHashMap<Any, Verdict>())

    private class Verdict(
        val isSame: Boolean,
        val expiry: TimeMark?,
    )

    /** @param database stands for the database of [connection]; the verdict is kept for it. */
    fun isSame(database: Any, connection: Connection): Boolean {
        verdicts[database]?.takeIf { it.expiry?.hasPassedNow() != true }?.let { return it.isSame }
        val isSame = isSame(connection)
        // What differs may be the same later: after a failover, connections to the old primary are replaced.
        verdicts[database] = Verdict(isSame, if (isSame) null else TimeSource.Monotonic.markNow() + REMEMBERED)
        return isSame
    }

    /** Asks both databases, unless the URLs are equal; keeps no answer. */
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
 * Which database this is: the server by the moment at which it started, to the microsecond, and the database by its
 * number there. (A server's system identifier would not do: a copy that is restored from a backup has the same.)
 */
private fun Connection.identity(): String = query(
    """
    SELECT extract(epoch FROM pg_postmaster_start_time()) || '/' || oid
    FROM pg_database
    WHERE datname = current_database()
    """.trimIndent(),
) { it.getString(1) }.single()
