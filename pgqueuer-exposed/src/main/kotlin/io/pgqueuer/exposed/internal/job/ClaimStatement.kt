package io.pgqueuer.exposed.internal.job

import io.pgqueuer.domain.ClaimedJob
import io.pgqueuer.domain.PoisonJobException
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import java.sql.Connection

/**
 * Leases jobs of one set of entrypoints.
 *
 * Candidates come from one ordered branch for each entrypoint, merged lazily, so that a claim reads and locks about
 * as many rows as it leases, however many wait:
 *
 * - jobs that never had to wait, of one entrypoint, in claim order, by the index on `(entrypoint, priority, id)`;
 * - jobs whose time has come, the longest due [WINDOW] of each entrypoint, by the index on
 *   `(entrypoint, execute_after)`, then sorted;
 * - jobs whose lease has expired, likewise, by the index on `(entrypoint, heartbeat)`.
 *
 * They are locked in claim order, those that another claim has locked are skipped, and each is checked again by what
 * its row says once it is locked. The lock stands in a subquery of the row alone: PostgreSQL runs what is below a lock
 * again for each row that changed meanwhile, and would else read all candidates for each job that another worker was
 * faster at. Rows are gone back to by their place, which spares each of them two searches of the primary key; one that
 * another transaction moved meanwhile is left for the next claim.
 *
 * An entrypoint with a concurrency limit gives at most as many candidates as it has free slots. To count them right
 * over all workers, an advisory lock for each such entrypoint makes claims of it go one after the other; it is taken in
 * a statement before, so that the count sees what the claim before did. Taking over an expired lease needs no slot,
 * its job has one; holding a poison job frees one.
 */
internal class ClaimStatement(
    private val names: Names,
    targets: List<ClaimTarget>,
) {
    private val unlimited = targets.filter { it.concurrencyLimit == 0 }.map { it.entrypoint }
    private val limited = targets.filter { it.concurrencyLimit > 0 }
    private val entrypoints = texts(targets.map { it.entrypoint })
    private val logRows = LogRows(names)

    private val statement = EngineStatement(
        """
        |WITH expired AS MATERIALIZED (
        |    SELECT job.*
        |    FROM unnest(?::text[]) AS target (name)
        |    CROSS JOIN LATERAL (
        |        SELECT id, ctid AS place, priority, queue_manager_id AS holder, rescues + 1 >= ? AS poison
        |        FROM ${names.queue}
        |        WHERE entrypoint = target.name AND status = 'picked'
        |            AND heartbeat <= now() - ? * interval '1 microsecond'
        |        ORDER BY heartbeat
        |        LIMIT $WINDOW
        |    ) job
        |), poison AS (
        |    SELECT q.id, expired.holder
        |    FROM expired
        |    JOIN ${names.queue} q ON q.id = expired.id
        |    WHERE expired.poison AND q.status = 'picked' AND q.heartbeat <= now() - ? * interval '1 microsecond'
        |    FOR UPDATE OF q SKIP LOCKED
        |), held AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'failed', queue_manager_id = NULL, updated = now(), rescues = q.rescues + 1
        |    FROM poison
        |    WHERE q.id = poison.id
        |    RETURNING q.id, q.priority, q.entrypoint, q.rescues, poison.holder
        |), candidate AS (
        |    SELECT locked.place
        |    FROM (
${branches().joinToString("\nUNION ALL\n").prependIndent("        ")}
        |    ) waiting
        |    CROSS JOIN LATERAL (
        |        SELECT q.ctid AS place
        |        FROM ${names.queue} q
        |        WHERE q.ctid = waiting.place AND (
        |            (q.status = 'queued' AND q.execute_after <= now())
        |            OR (q.status = 'picked' AND q.heartbeat <= now() - ? * interval '1 microsecond')
        |        )
        |        FOR UPDATE SKIP LOCKED
        |    ) locked
        |    ORDER BY waiting.priority DESC, waiting.id
        |    LIMIT ?
        |), leased AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'picked',
        |        queue_manager_id = ?,
        |        updated = now(),
        |        heartbeat = now(),
        |        lease_epoch = q.lease_epoch + 1,
        |        rescues = q.rescues + (q.status = 'picked')::int
        |    WHERE q.ctid = ANY (ARRAY(SELECT place FROM candidate))
        |    RETURNING q.*
        |), leasing AS (
${logRows.insert("leased", "'picked'").prependIndent("        |    ")}
        |), blamed AS (
        |    SELECT id, priority, entrypoint, jsonb_build_object(
        |        'job_id', id,
        |        'timestamp', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        |        'exception_type', '${PoisonJobException::class.java.name}',
        |        'exception_message', format(
        |            'job %s of entrypoint ''%s'' is held: its lease expired %s times (maxRescues %s); '
        |                'find what kills its workers, then requeue it',
        |            id, entrypoint, rescues, ?
        |        ),
        |        'traceback', '',
        |        'additional_context', jsonb_build_object('entrypoint', entrypoint, 'queue_manager_id', holder)
        |    ) AS traceback
        |    FROM held
        |), holding AS (
${logRows.insert("blamed", "'failed'", "traceback").prependIndent("        |    ")}
        |)
        |SELECT poisoned.count, ${ClaimedRow.COLUMNS}
        |FROM (SELECT count(*) FROM held) poisoned
        |LEFT JOIN leased ON true
        """.trimMargin(),
        durable = false,
        before = if (limited.isEmpty()) emptyList() else listOf(LOCK.format(names.queue)),
    )

    /**
     * @property jobs in claim order.
     * @property held how many jobs were held because their lease expired too often.
     */
    class Claimed(
        val jobs: List<ClaimedJob>,
        val held: Long,
    )

    fun run(connection: Connection, request: ClaimRequest): Claimed {
        val expiry = request.leaseTimeout.toMicros()
        val parameters = buildList {
            if (limited.isNotEmpty()) add(texts(limited.map { it.entrypoint }))
            add(entrypoints)
            add(request.maxRescues)
            add(expiry)
            add(expiry)
            addAll(unlimited)
            limited.forEach { (entrypoint, limit) ->
                addAll(listOf(entrypoint, limit, entrypoint, limit, limit, entrypoint, entrypoint))
            }
            add(texts(unlimited))
            add(expiry)
            add(request.limit)
            add(request.worker.value)
            add(request.maxRescues)
        }
        var held = 0L
        val jobs = ArrayList<ClaimedJob>()
        val rows = ClaimedRow(request.worker)
        statement.read(connection, parameters) { row ->
            held = row.getLong(1)
            rows.read(row, after = 1)?.let(jobs::add)
        }
        jobs.sortWith(ClaimedRow.CLAIM_ORDER)
        return Claimed(jobs, held)
    }

    private fun branches(): List<String> = unlimited.map { immediate() } + limited.map { withinLimit() } +
        deferredOfUnlimited() + takeovers()

    private fun immediate(limit: String = "") = """
        (
            SELECT priority, id, ctid AS place
            FROM ${names.queue}
            WHERE entrypoint = ? AND status = 'queued' AND execute_after <= created
            ORDER BY priority DESC, id$limit
        )
    """.trimIndent()

    private fun deferred(entrypoint: String) = """
        SELECT priority, id, ctid AS place
        FROM ${names.queue}
        WHERE entrypoint = $entrypoint AND status = 'queued' AND execute_after > created AND execute_after <= now()
        ORDER BY execute_after
        LIMIT $WINDOW
    """.trimIndent()

    private fun withinLimit() = """
        |(
        |    SELECT priority, id, place
        |    FROM (
${immediate(" LIMIT ?").prependIndent("        ")}
        |        UNION ALL
        |        (
        |            SELECT priority, id, place
        |            FROM (
${deferred("?").prependIndent("                ")}
        |            ) due
        |            ORDER BY priority DESC, id LIMIT ?
        |        )
        |    ) job
        |    ORDER BY priority DESC, id
        |    LIMIT greatest(0, ?
        |        - (SELECT count(*) FROM ${names.queue} WHERE entrypoint = ? AND status = 'picked')
        |        + (SELECT count(*) FROM held WHERE entrypoint = ?))
        |)
    """.trimMargin()

    private fun deferredOfUnlimited() = """
        |(
        |    SELECT due.priority, due.id, due.place
        |    FROM unnest(?::text[]) AS target (name)
        |    CROSS JOIN LATERAL (
${deferred("target.name").prependIndent("        ")}
        |    ) due
        |    ORDER BY due.priority DESC, due.id
        |)
    """.trimMargin()

    private fun takeovers() = "(SELECT priority, id, place FROM expired WHERE NOT poison ORDER BY priority DESC, id)"

    private companion object {
        /** Of more jobs that are due, those that have been due for longest are looked at first. */
        const val WINDOW = 1_000

        /** In one order for all workers, so that they cannot block each other; equal hashes share a lock. */
        const val LOCK = """SELECT pg_advisory_xact_lock(key.queue, key.entrypoint)
FROM (
    SELECT DISTINCT '%s'::regclass::oid::int AS queue, hashtext(target.name) AS entrypoint
    FROM unnest(?::text[]) AS target (name)
    ORDER BY 2
) key"""
    }
}
