package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.exposed.internal.sql.run
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.withTimeoutOrNull
import org.postgresql.PGConnection
import org.slf4j.LoggerFactory
import java.sql.Connection
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * One statement on [connection], which [cancel] can stop on the server.
 *
 * A request to cancel can be lost: it needs a connection of its own, and a server that reads a command at that moment
 * ignores it. It is therefore repeated until the statement has ended. After that, the connection must not be reused:
 * the last request may arrive late.
 */
internal class ServerStatement(
    private val connection: Connection,
) {
    private val begun = AtomicBoolean()
    private val ended = CompletableDeferred<Unit>()

    /** Runs [sql], unless it was cancelled before. */
    fun run(sql: String) {
        if (!begun.compareAndSet(false, true)) throw AbandonedException()
        try {
            connection.run(sql)
        } finally {
            ended.complete(Unit)
        }
    }

    /**
     * Returns when the statement has ended, or if it could not be cancelled within [LONGEST]. Blocks while it sends a
     * request.
     */
    suspend fun cancel() {
        if (begun.compareAndSet(false, true)) return
        withTimeoutOrNull(LONGEST) {
            while (ended.isActive) {
                runCatching { connection.unwrap(PGConnection::class.java).cancelQuery() }
                withTimeoutOrNull(INTERVAL) { ended.await() }
            }
        }
        if (ended.isActive) {
            log.warn(
                "a statement of a cancelled call did not end within {}; its connection is closed. It may run on " +
                    "in the server: see pg_stat_activity, and end it with pg_cancel_backend(pid)",
                LONGEST,
            )
        }
    }

    private companion object {
        val INTERVAL = 500.milliseconds
        val LONGEST = 30.seconds
        val log = LoggerFactory.getLogger(ServerStatement::class.java)
    }
}
