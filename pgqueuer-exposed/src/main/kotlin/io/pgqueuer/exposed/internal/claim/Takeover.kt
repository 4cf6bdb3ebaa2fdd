package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.PoisonJobException
import io.pgqueuer.exposed.internal.job.LogRows
import io.pgqueuer.exposed.internal.lease.UNHELD
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.lookUp
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget

/**
 * The parts of a claim that deal with expired leases: it takes over their jobs, and holds poison jobs.
 *
 * The jobs come from the index on `(entrypoint, heartbeat)`: of each entrypoint, the [WINDOW] whose leases expired
 * first.
 */
internal class Takeover(
    private val names: Names,
    private val logRows: LogRows,
    private val parameters: Parameters<ClaimRequest>,
    private val paused: Paused,
) {
    /** The common table expressions `expired`, `poison` and `held`. The pauses come before them. */
    fun found() = """
        |expired AS MATERIALIZED (
        |    SELECT job.*, job.deaths >= ${parameters.of { it.maxRescues }} AND NOT job.canceled AS poison
        |    FROM unnest(${parameters.of { texts(it.targets.map(ClaimTarget::entrypoint)) }}::text[]) AS target (name)
        |    CROSS JOIN LATERAL (
        |        SELECT id, ctid AS place, priority, queue_manager_id AS holder, ${deaths()} AS deaths,
        |            cancel_requested IS NOT NULL AS canceled
        |        FROM ${names.queue} q
        |        WHERE entrypoint = target.name AND status = 'picked' AND ${isExpired("heartbeat")}
        |        ORDER BY heartbeat
        |        LIMIT $WINDOW
        |    ) job
        |    WHERE ${paused.isOpen("target.name")}
        |), poison AS (
        |    SELECT q.id, expired.holder, expired.deaths
        |    FROM expired
        |    JOIN ${names.queue} q ON ${lookUp("q.id", "expired.id")}
        |    WHERE expired.poison AND q.status = 'picked' AND ${isExpired("q.heartbeat")}
        |        AND q.cancel_requested IS NULL
        |    FOR UPDATE OF q SKIP LOCKED
        |), held AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'failed', $UNHELD, updated = now(), rescues = 0
        |    FROM poison
        |    WHERE ${lookUp("q.id", "poison.id")}
        |    RETURNING q.id, q.priority, q.entrypoint, poison.deaths, poison.holder
        |)
    """.trimMargin()

    /** SQL of whether a lease with this [heartbeat] has expired. */
    fun isExpired(heartbeat: String) =
        "$heartbeat <= now() - ${parameters.of { it.leaseTimeout.toMicros() }} * interval '1 microsecond'"

    /**
     * SQL of how often in a row the lease of `q` has expired, including this time. It does not fail for any
     * heartbeat, or for a counter at the end of its range.
     */
    fun deaths() = "CASE WHEN greatest(q.heartbeat, now() - interval '100 years') " +
        "- ${parameters.of { (it.leaseTimeout * LONG_RUN).toMicros() }} * interval '1 microsecond' >= q.updated " +
        "THEN 1 ELSE least(q.rescues, 2147483646) + 1 END"

    /** Selects the candidates, in claim order. */
    fun candidates(numbered: String) =
        "(SELECT priority, id, place$numbered FROM expired WHERE NOT poison ORDER BY priority DESC, id)"

    /** The common table expressions that log what is held, which come last. */
    fun logged() = """
        |blamed AS (
        |    SELECT id, priority, entrypoint, jsonb_build_object(
        |        'job_id', id,
        |        'timestamp', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        |        'exception_type', '${PoisonJobException::class.java.name}',
        |        'exception_message', format(
        |            'job %s of entrypoint ''%s'' is held: its lease expired %s times (maxRescues %s); '
        |                'find what kills its workers, then requeue it',
        |            id, entrypoint, deaths, ${parameters.of { it.maxRescues }}
        |        ),
        |        'traceback', '',
        |        'additional_context', jsonb_build_object('entrypoint', entrypoint, 'queue_manager_id', holder)
        |    ) AS traceback
        |    FROM held
        |), holding AS (
${logRows.insert("blamed", "'failed'", "traceback").prependIndent("        |    ")}
        |)
    """.trimMargin()

    private companion object {
        /**
         * If a run renewed its lease for at least this many lease timeouts before it died, earlier deaths are forgiven:
         * `rescues` counts deaths in a row. The value is ten because a job that kills its worker may do so only after
         * some renewals, and must still be detected. If it takes longer than that, its runs are long, and therefore
         * few.
         */
        const val LONG_RUN = 10
    }
}
