package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.UNHASHED
import io.pgqueuer.exposed.internal.sql.longs
import io.pgqueuer.exposed.internal.sql.texts
import java.sql.ResultSet

/**
 * The locks under which claims look for the free slots of limited entrypoints: one advisory lock for each entrypoint,
 * held until the transaction of the claim ends. They keep our workers from competing for the same slots. Python's
 * workers take no such locks; there, the unique index on slots decides.
 *
 * Only entrypoints with due jobs are locked. A claim does not wait for locks: it continues without the entrypoints
 * whose lock another transaction holds. That transaction may be stalled, and must not stop other entrypoints.
 *
 * A setting passes the locked entrypoints to the next statements of the transaction, so that all statements are sent in
 * one round trip.
 */
internal class SlotLocks(
    private val names: Names,
    private val entrypoints: List<String>,
) {
    /**
     * Tries to lock the entrypoints, and returns the numbers of those whose lock is [taken]. Uses the indexes on
     * `(entrypoint, priority, id)` and on `(entrypoint, execute_after)`. Entrypoints with equal hashes share a lock.
     */
    val tryAll = """
        SELECT
            set_config('$LOCKED', coalesce(array_agg(number) FILTER (WHERE locked), '{}')::text, true),
            array_agg(number) FILTER (WHERE NOT locked)
        FROM (
            SELECT target.number, CASE
                WHEN EXISTS (
                    SELECT FROM ${names.queue}
                    WHERE entrypoint = target.name AND status = 'queued' AND execute_after <= created
                    $UNHASHED
                ) OR EXISTS (
                    SELECT FROM ${names.queue}
                    WHERE entrypoint = target.name AND status = 'queued' AND execute_after > created
                        AND execute_after <= now()
                    $UNHASHED
                ) THEN pg_try_advisory_xact_lock(${key("target.name")})
            END AS locked
            FROM unnest(?::text[]) WITH ORDINALITY AS target (name, number)
        ) limited
    """.trimIndent()

    val parameters: List<Any?> = listOf(texts(entrypoints))

    /** The [parameters] of a claim that locks no entrypoint, and so takes no job of a limited one. */
    val noParameters: List<Any?> = listOf(texts(emptyList()))

    /**
     * Bounds all waits of the transaction: for a lock of [awaitOne], and for another transaction that has taken the same
     * slot and has not committed. After [PATIENCE], the statement fails with `55P03`.
     */
    val bound = "SELECT set_config('lock_timeout', '$PATIENCE', true)"

    /** Waits for the lock of one entrypoint, its parameter. */
    val awaitOne = "SELECT pg_advisory_xact_lock(${key("?::text")})"

    /** SQL of whether the entrypoint of this [number], counted from 1, is locked. */
    fun isLocked(number: Int) = "$number = ANY (current_setting('$LOCKED')::bigint[])"

    /** Reads the row of [tryAll]: the entrypoints that have due jobs and whose lock another transaction holds. */
    fun taken(row: ResultSet): List<String> = row.longs(2).map { entrypoints[it.toInt() - 1] }

    private fun key(entrypoint: String) = "'${names.queue}'::regclass::oid::int, hashtext($entrypoint)"

    private companion object {
        const val LOCKED = "pgqueuer.locked"

        /** Enough for many claims to take turns: each holds a lock for some milliseconds. */
        const val PATIENCE = "50ms"
    }
}
