package io.pgqueuer.exposed.internal.pause

import io.pgqueuer.Pause
import io.pgqueuer.PauseOptions
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.notification.Notices
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.instantOrNull
import io.pgqueuer.exposed.internal.sql.microsSince1970
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.update
import io.pgqueuer.port.PauseRepository
import java.sql.ResultSet

/**
 * The pauses in PostgreSQL. The repository needs SELECT, INSERT, UPDATE and DELETE on their table; claims need SELECT.
 *
 * @param callers joins the caller's transaction.
 */
internal class PostgresPauseRepository(
    names: Names,
    private val callers: Transactions,
    private val notices: Notices,
) : PauseRepository {
    /** Those that somebody else changes at the moment are left alone: to wait for two of them could be a deadlock. */
    private val removeEnded = """
        DELETE FROM ${names.pauses}
        WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM ${names.pauses} WHERE until <= now() AND entrypoint <> ? FOR UPDATE SKIP LOCKED
        ))
    """.trimIndent()

    private val now = "SELECT now()"

    /** By the primary key, which is the conflict's arbiter. */
    private val pause = """
        INSERT INTO ${names.pauses} AS paused (entrypoint, until, reason)
        VALUES (?, timestamptz 'epoch' + ?::bigint * interval '1 microsecond', ?)
        ON CONFLICT (entrypoint) DO UPDATE
        SET since = CASE WHEN paused.until <= now() THEN now() ELSE paused.since END,
            until = excluded.until,
            reason = excluded.reason
        RETURNING entrypoint, since, until, reason
    """.trimIndent()

    /** By the primary key. */
    private val resume = "DELETE FROM ${names.pauses} WHERE entrypoint = ? RETURNING $IN_EFFECT"

    override suspend fun pause(entrypoint: String?, options: PauseOptions): Pause = callers.joining { connection ->
        val end = options.endFrom(connection.query(now) { it.instant(1) }.single())
        val key = entrypoint ?: WHOLE_QUEUE
        connection.update(removeEnded, listOf(key))
        val parameters = listOf(key, end?.microsSince1970(), options.reason)
        val paused = connection.query(pause, parameters, read = ::readPause).single()
        notices.pausesChanged(connection)
        paused
    }

    override suspend fun resume(entrypoint: String?): Boolean = callers.joining { connection ->
        val wasInEffect = connection.query(resume, listOf(entrypoint ?: WHOLE_QUEUE)) { it.getBoolean(1) }
        if (wasInEffect.isNotEmpty()) notices.pausesChanged(connection)
        wasInEffect.any { it }
    }
}

/** The name that stands for the whole queue. No job has it. */
internal const val WHOLE_QUEUE = ""

/** Whether a pause has not ended. */
internal const val IN_EFFECT = "coalesce(until > now(), true)"

/** Reads `entrypoint, since, until, reason`. */
internal fun readPause(row: ResultSet) =
    Pause(row.getString(1).ifEmpty { null }, row.instant(2), row.instantOrNull(3), row.getString(4))
