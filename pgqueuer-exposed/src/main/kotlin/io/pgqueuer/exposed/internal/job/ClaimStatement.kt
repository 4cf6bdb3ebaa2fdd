package io.pgqueuer.exposed.internal.job

import io.pgqueuer.PoisonJobException
import io.pgqueuer.exposed.internal.lease.UNHELD
import io.pgqueuer.exposed.internal.lease.claimedSlot
import io.pgqueuer.exposed.internal.lease.nextEpoch
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.readAll
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.Waiting
import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.atomic.AtomicInteger

/**
 * Leases jobs of a set of entrypoints.
 *
 * Candidates come from one ordered branch for each entrypoint. The branches are merged lazily, so that a claim reads
 * and locks about as many rows as it leases, even if many jobs wait:
 *
 * - jobs of an entrypoint that never had to wait, in claim order, by the index on `(entrypoint, priority, id)`;
 * - jobs whose time has come: the [WINDOW] of each entrypoint that have been due longest, by the index on `(entrypoint,
 *   execute_after)`, then sorted;
 * - jobs whose lease has expired: likewise, by the index on `(entrypoint, heartbeat)`.
 *
 * Candidates are locked in claim order. Rows that another claim has locked are skipped. Every row is checked again
 * after it is locked. The lock is in a subquery of the row alone: PostgreSQL runs everything below a lock again for
 * every row that changed meanwhile. Otherwise, it would read all candidates again for every job that another worker
 * took first. Rows are found again by their physical place (`ctid`), which saves two searches of the primary key for
 * each row. A row that another transaction moved meanwhile is left for the next claim.
 *
 * Of the locked rows, the claim leases as many as the bound on payloads allows. It reads the length of a payload
 * without reading the payload. A running sum costs more than a single sum, so it is computed only if the bound is
 * exceeded.
 *
 * An entrypoint with a concurrency limit gives at most as many candidates as it has free slots. For a correct count
 * over all workers, claims of such an entrypoint run one at a time, under its lock of [SlotLocks]. The lock is taken in
 * an earlier statement, so that the count sees the result of the previous claim. Taking over an expired lease needs no
 * slot, as the job already has one. Holding a poison job frees a slot.
 *
 * Everything, from the locks to the commit, is one round trip: the server never holds a lock while it waits for the
 * client. The check of what is [waiting][WaitingStatement] is included.
 */
internal class ClaimStatement(
    private val names: Names,
    targets: List<ClaimTarget>,
) {
    private val unlimited = targets.filter { it.options.concurrencyLimit == null }.map { it.entrypoint }
    private val limited = targets.filter { it.options.concurrencyLimit != null }
    private val entrypoints = texts(targets.map { it.entrypoint })
    private val logRows = LogRows(names)
    private val locks = if (limited.isEmpty()) null else SlotLocks(names, limited.map { it.entrypoint })
    private val waiting = WaitingStatement(names)

    /** Selects the lock to wait for, if there are several. */
    private val turn = AtomicInteger()

    private val claim =
        """
        |WITH expired AS MATERIALIZED (
        |    SELECT job.*, job.deaths >= ? AS poison
        |    FROM unnest(?::text[]) AS target (name)
        |    CROSS JOIN LATERAL (
        |        SELECT id, ctid AS place, priority, queue_manager_id AS holder, $DEATHS AS deaths
        |        FROM ${names.queue} q
        |        WHERE entrypoint = target.name AND status = 'picked'
        |            AND heartbeat <= now() - ? * interval '1 microsecond'
        |        ORDER BY heartbeat
        |        LIMIT $WINDOW
        |    ) job
        |    WHERE ?
        |), poison AS (
        |    SELECT q.id, expired.holder, expired.deaths
        |    FROM expired
        |    JOIN ${names.queue} q ON q.id = expired.id
        |    WHERE expired.poison AND q.status = 'picked' AND q.heartbeat <= now() - ? * interval '1 microsecond'
        |    FOR UPDATE OF q SKIP LOCKED
        |), held AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'failed', $UNHELD, updated = now(), rescues = poison.deaths
        |    FROM poison
        |    WHERE q.id = poison.id
        |    RETURNING q.id, q.priority, q.entrypoint, q.rescues, poison.holder
        |), candidate AS MATERIALIZED (
        |    SELECT waiting.priority, waiting.id, locked.place, locked.bytes
        |    FROM (
${branches().joinToString("\nUNION ALL\n").prependIndent("        ")}
        |    ) waiting
        |    CROSS JOIN LATERAL (
        |        SELECT q.ctid AS place, coalesce(octet_length(q.payload), 0) AS bytes
        |        FROM ${names.queue} q
        |        WHERE q.ctid = waiting.place AND (
        |            (q.status = 'queued' AND q.execute_after <= now())
        |            OR (q.status = 'picked' AND q.heartbeat <= now() - ? * interval '1 microsecond')
        |        )
        |        FOR UPDATE SKIP LOCKED
        |    ) locked
        |    ORDER BY waiting.priority DESC, waiting.id
        |    LIMIT ?
        |), total AS MATERIALIZED (
        |    SELECT count(*) AS jobs, sum(bytes) AS bytes FROM candidate
        |), leased AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'picked',
        |        queue_manager_id = ?,
        |        updated = now(),
        |        heartbeat = now(),
        |        lease_epoch = ${nextEpoch("q")},
        |        slot = ${claimedSlot("q")},
        |        rescues = CASE q.status WHEN 'picked' THEN $DEATHS ELSE q.rescues END
        |    WHERE q.ctid = ANY (
        |        CASE WHEN (SELECT jobs <= 1 OR bytes <= ? FROM total)
        |            THEN ARRAY(SELECT place FROM candidate)
        |            ELSE ARRAY(
        |                SELECT place
        |                FROM (
        |                    SELECT place, row_number() OVER claimed AS number, sum(bytes) OVER claimed AS bytes
        |                    FROM candidate
        |                    WINDOW claimed AS (ORDER BY priority DESC, id ROWS UNBOUNDED PRECEDING)
        |                ) job
        |                WHERE number = 1 OR bytes <= ?
        |            )
        |        END
        |    )
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
        |SELECT told.held, ${ClaimedRow.COLUMNS}
        |FROM (
        |    SELECT (SELECT count(*) FROM held) AS held, set_config('${WaitingStatement.FULL}', (
        |        SELECT jobs = ? OR (jobs > 1 AND bytes > ?) FROM total
        |    )::text, true)
        |) told
        |LEFT JOIN leased ON true
        """.trimMargin()

    /** The statements of a claim: the claim comes after [before], the statements that lock. */
    private inner class Script(
        private val before: List<String>,
    ) {
        private val opening = EngineStatement.opening(durable = false)
        private val sql = (opening + before + claim + waiting.sql + EngineStatement.COMMIT).joinToString(";\n")

        fun run(connection: Connection, request: ClaimRequest, first: List<Any?>): Claimed {
            var held = 0L
            var taken = emptyList<String>()
            var seen: Waiting = Waiting.Unknown
            val jobs = ArrayList<ClaimedJob>()
            val unreadable = ArrayList<UnreadableJob>()
            val rows = ClaimedRow(request.worker)
            val parameters = first + parameters(request) + waiting.parameters(request)
            connection.readAll(sql, parameters) { statement, row ->
                when (statement - opening.size - before.size) {
                    // The last statement before the claim.
                    -1 -> locks?.let { taken = it.taken(row) }

                    0 -> {
                        held = row.getLong(1)
                        rows.read(row, jobs::add, unreadable::add)
                    }

                    1 -> seen = waiting.read(row)
                }
            }
            jobs.sortWith(ClaimedRow.CLAIM_ORDER)
            return Claimed(ClaimBatch(jobs, seen), held, unreadable, taken)
        }
    }

    private val trying = Script(listOfNotNull(locks?.tryAll))
    private val patient = locks?.let { Script(it.awaitOne + it.tryAll) }

    /**
     * @property batch the leased jobs, in claim order.
     * @property held how many jobs were held because their lease expired too often.
     * @property unreadable leased jobs that cannot be read.
     * @property taken entrypoints with due jobs that were left out, because another transaction holds their lock.
     */
    class Claimed(
        val batch: ClaimBatch,
        val held: Long,
        val unreadable: List<UnreadableJob>,
        val taken: List<String>,
    ) {
        val isEmpty get() = batch.jobs.isEmpty() && held == 0L && unreadable.isEmpty()
    }

    /**
     * Claims jobs and commits.
     *
     * If all due jobs belong to entrypoints whose lock is taken, it waits briefly for one of these locks. Otherwise,
     * workers that serve one limited entrypoint would often find it locked by each other.
     */
    fun run(connection: Connection, request: ClaimRequest): Claimed {
        val locking = locks?.parameters.orEmpty()
        val claimed = trying.run(connection, request, locking)
        if (patient == null || claimed.taken.isEmpty() || !claimed.isEmpty) return claimed
        val awaited = claimed.taken[turn.getAndIncrement().mod(claimed.taken.size)]
        return try {
            patient.run(connection, request, listOf(awaited) + locking)
        } catch (e: SQLException) {
            if (e.sqlState != LOCK_NOT_AVAILABLE) throw e
            connection.rollback()
            claimed
        }
    }

    private fun parameters(request: ClaimRequest): List<Any?> {
        val expiry = request.leaseTimeout.toMicros()
        val longRun = (request.leaseTimeout * LONG_RUN).toMicros()
        return buildList {
            add(request.maxRescues)
            add(entrypoints)
            add(longRun)
            add(expiry)
            add(request.takeOver)
            add(expiry)
            addAll(unlimited)
            limited.forEach { (entrypoint, options) ->
                val limit = options.concurrencyLimit
                addAll(listOf(entrypoint, limit, entrypoint, limit, limit, entrypoint, entrypoint))
            }
            add(texts(unlimited))
            add(expiry)
            add(request.limit)
            add(request.worker.value)
            add(longRun)
            add(request.maxPayloadBytes)
            add(request.maxPayloadBytes)
            add(request.maxRescues)
            add(request.limit)
            add(request.maxPayloadBytes)
        }
    }

    private fun branches(): List<String> = unlimited.map { immediate() } + limited.indices.map { withinLimit(it + 1) } +
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

    private fun withinLimit(number: Int) = """
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
        |    LIMIT CASE WHEN ${locks?.isLocked(number)} THEN greatest(0, ?
        |        - (SELECT count(*) FROM ${names.queue} WHERE entrypoint = ? AND status = 'picked')
        |        + (SELECT count(*) FROM held WHERE entrypoint = ?)) ELSE 0 END
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
        /** If more jobs are due, those that have been due longest are considered first. */
        const val WINDOW = 1_000

        /**
         * If a run renewed its lease for at least this many lease timeouts before it died, earlier deaths are forgiven:
         * `rescues` counts deaths in a row. The value is ten because a job that kills its worker may do so only after
         * some renewals, and must still be detected. If it takes longer than that, its runs are long, and therefore
         * few.
         */
        const val LONG_RUN = 10

        /**
         * SQL of how often in a row the lease of `q` has expired, including this time. It does not fail for any
         * heartbeat, or for a counter at the end of its range.
         */
        const val DEATHS = "CASE WHEN greatest(q.heartbeat, now() - interval '100 years') " +
            "- ? * interval '1 microsecond' >= q.updated THEN 1 ELSE least(q.rescues, 2147483646) + 1 END"

        const val LOCK_NOT_AVAILABLE = "55P03"
    }
}
