package io.pgqueuer.exposed.internal.schedule

import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.ServerEncoding
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.exposed.internal.sql.update
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.port.ScheduleTarget
import java.sql.Connection
import kotlin.time.Duration

/**
 * Stores the schedules that a worker serves.
 *
 * The next times are computed here from the server's time. They are sent back as delays from that time. It is the time
 * of the transaction, and therefore the same in each of its statements.
 */
internal class RegisterSchedules(
    names: Names,
) {
    private val now = "${EngineStatement.READ_COMMITTED};\nSELECT now()"

    /**
     * The conflict's arbiter is the unique key on `(expression, entrypoint)`. Rows are locked in its order, so that
     * concurrent registrations wait for each other in one order. What does not change is not written again.
     */
    private val store = """
        INSERT INTO ${names.schedules} AS stored (expression, entrypoint, zone, next_run)
        SELECT target.expression, target.entrypoint, target.zone, now() + target.delay * interval '1 microsecond'
        FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[]) AS target (expression, entrypoint, zone, delay)
        ORDER BY target.expression, target.entrypoint
        ON CONFLICT (expression, entrypoint) DO UPDATE
        SET zone = excluded.zone,
            next_run = CASE WHEN $WAITS THEN excluded.next_run ELSE stored.next_run END,
            updated = ${updatedAt("stored")}
        WHERE stored.zone <> excluded.zone OR ($WAITS AND stored.next_run <> excluded.next_run)
    """.trimIndent()

    /** Reads the whole table, as there are few schedules. */
    private val clean = """
        DELETE FROM ${names.schedules} s
        WHERE s.entrypoint = ANY (?::text[])
            AND (s.expression, s.entrypoint) NOT IN (SELECT * FROM unnest(?::text[], ?::text[]))
            AND NOT (
                ${SchedulesTable.status.value("s")} = 'picked'
                AND ${aliveAt("s")} > now() - ? * interval '1 microsecond'
            )
    """.trimIndent()

    fun run(connection: Connection, targets: List<ScheduleTarget>, leaseTimeout: Duration) {
        ServerEncoding.of(connection)?.let { encoding ->
            targets.forEach { encoding.requireStorable("schedule '${it.name}'", it.name) }
        }
        val now = connection.query(now, leading = 1) { it.instant(1) }.single()
        val expressions = texts(targets.map { it.expression })
        val names = texts(targets.map { it.name })
        val zones = texts(targets.map { it.zone })
        val delays = bigints(targets.map { (it.nextAfter(now, it.zone) - now).toMicros() })
        connection.update(store, listOf(expressions, names, zones, delays))
        val cleaned = targets.filter { it.cleanOld }.map { it.name }
        if (cleaned.isNotEmpty()) {
            connection.update(clean, listOf(texts(cleaned), expressions, names, leaseTimeout.toMicros()))
        }
    }

    private companion object {
        /** SQL that says whether a stored schedule waits for a time that is to come. */
        val WAITS = "${SchedulesTable.status.value("stored")} = 'queued' AND stored.paused_at IS NULL " +
            "AND stored.next_run > now()"
    }
}
