package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.exposed.internal.pause.WHOLE_QUEUE
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.UNHASHED
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.Waiting
import java.sql.Connection
import java.sql.ResultSet
import kotlin.time.Duration.Companion.microseconds

/**
 * Checks what a claim left behind, in its transaction and therefore under its settings, or in one of its own. For every entrypoint, it reads
 * the head of the index that serves each question. If the claim has set [FULL], it returns no row and reads nothing.
 *
 * Times count from the start of the transaction, so that a worker that waits for them wakes slightly late rather than
 * early. A job parked at infinity is queued but never due. A lease with an infinite heartbeat never expires. Paused
 * entrypoints count as empty; when a pause ends, jobs may be due.
 */
internal class WaitingStatement(
    names: Names,
) {
    private val paused = Paused(names)

    val sql = """
        WITH
${paused.found().prependIndent("        ")}
        SELECT
            coalesce(bool_or(seen.immediate OR seen.deferred <= now() OR seen.expired), false) AS due,
            coalesce(bool_or(seen.immediate OR seen.deferred IS NOT NULL), false) AS queued,
            ceil(1000000 * extract(epoch FROM least(
                min(seen.next_due),
                min(seen.heartbeat) + ? * interval '1 microsecond',
                (
                    SELECT min(least(until, $FAR)) FROM ${names.pauses}
                    WHERE until > now() AND (entrypoint = '$WHOLE_QUEUE' OR entrypoint = ANY (?::text[]))
                )
            ) - now()))::bigint AS next_due
        FROM unnest(?::text[]) AS target (name)
        CROSS JOIN LATERAL (
            SELECT
                EXISTS (
                    SELECT FROM ${names.queue}
                    WHERE entrypoint = target.name AND status = 'queued' AND execute_after <= created
                    $UNHASHED
                ) AS immediate,
                (
                    SELECT execute_after FROM ${names.queue}
                    WHERE entrypoint = target.name AND status = 'queued' AND execute_after > created
                    ORDER BY execute_after LIMIT 1
                ) AS deferred,
                (
                    SELECT least(execute_after, $FAR) FROM ${names.queue}
                    WHERE entrypoint = target.name AND status = 'queued' AND execute_after > created
                        AND execute_after > now() AND execute_after < 'infinity'
                    ORDER BY execute_after LIMIT 1
                ) AS next_due,
                EXISTS (
                    SELECT FROM ${names.queue}
                    WHERE entrypoint = target.name AND status = 'picked'
                        AND heartbeat <= now() - ? * interval '1 microsecond'
                    $UNHASHED
                ) AS expired,
                (
                    SELECT least(heartbeat, $FAR) FROM ${names.queue}
                    WHERE entrypoint = target.name AND status = 'picked'
                        AND heartbeat > now() - ? * interval '1 microsecond' AND heartbeat < 'infinity'
                        AND queue_manager_id IS DISTINCT FROM ?
                    ORDER BY heartbeat LIMIT 1
                ) AS heartbeat
        ) seen
        WHERE ${paused.isOpen("target.name")}
        HAVING NOT current_setting('$FULL')::boolean
    """.trimIndent()

    private val alone = EngineStatement(sql, durable = false, also = listOf("set_config('$FULL', 'false', true)"))

    /** Runs it in a transaction of its own. */
    fun run(connection: Connection, request: ClaimRequest): Waiting.Seen =
        alone.runWhole(connection, parameters(request), ::read).single()

    fun parameters(request: ClaimRequest): List<Any?> {
        val expiry = request.leaseTimeout.toMicros()
        val entrypoints = texts(request.targets.map { it.entrypoint })
        return listOf(expiry, entrypoints, entrypoints, expiry, expiry, request.worker.value)
    }

    fun read(row: ResultSet) = Waiting.Seen(row.getBoolean(1), row.getBoolean(2), row.longOrNull(3)?.microseconds)

    companion object {
        /** The setting by which a claim records that its batch is full, for the rest of its transaction. */
        const val FULL = "pgqueuer.full"

        /** Later times are treated as equal; PostgreSQL could not even add to the last of them. */
        private const val FAR = "now() + interval '100 years'"
    }
}
