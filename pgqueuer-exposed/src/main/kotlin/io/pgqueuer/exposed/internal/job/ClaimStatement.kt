package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.PoisonJobException
import io.pgqueuer.exposed.internal.lease.UNHELD
import io.pgqueuer.exposed.internal.lease.claimedSlot
import io.pgqueuer.exposed.internal.lease.nextEpoch
import io.pgqueuer.exposed.internal.schema.Indexes
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.longs
import io.pgqueuer.exposed.internal.sql.lookUp
import io.pgqueuer.exposed.internal.sql.readAll
import io.pgqueuer.exposed.internal.sql.strings
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.HeldByClaim
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import org.postgresql.util.PSQLException
import java.sql.Connection
import java.sql.ResultSet
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
 * An entrypoint with a concurrency limit gives at most as many candidates as the limit allows beside the jobs that run.
 * Each of them takes a free slot, a number below the limit. A unique index makes sure that no two running jobs have the
 * same slot, whoever claims them. Our workers do not compete for slots: claims of such an entrypoint run one at a time,
 * under its lock of [SlotLocks]. The lock is taken in an earlier statement, so that the claim sees the result of the
 * previous one. Python's workers take no lock. If one takes the same slot at the same time, the claim fails and is run
 * again. Running jobs without a slot, of Python before 1.4, count as well. A job that is taken over keeps its slot.
 * Holding a poison job frees one.
 *
 * A job that somebody asked to cancel, and whose worker is dead, is leased like others. Whoever runs the claim then
 * records the end; see [Claimed.canceled].
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
    private val parametersOfLocks = locks?.parameters.orEmpty()
    private val waiting = WaitingStatement(names)
    private val succeed = SucceedStatement(names)
    private val slotIndex = names.own(Indexes.SLOT)

    /** A column of all candidates: which of the [limited] entrypoints the job takes a slot of, counted from 1. */
    private fun numbered(number: String) = if (limited.isEmpty()) "" else ", $number AS number"

    /** Selects the lock to wait for, if there are several. */
    private val turn = AtomicInteger()

    private val claim =
        """
        |WITH expired AS MATERIALIZED (
        |    SELECT job.*, job.deaths >= ? AND NOT job.canceled AS poison
        |    FROM unnest(?::text[]) AS target (name)
        |    CROSS JOIN LATERAL (
        |        SELECT id, ctid AS place, priority, queue_manager_id AS holder, $DEATHS AS deaths,
        |            cancel_requested IS NOT NULL AS canceled
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
        |    JOIN ${names.queue} q ON ${lookUp("q.id", "expired.id")}
        |    WHERE expired.poison AND q.status = 'picked' AND q.heartbeat <= now() - ? * interval '1 microsecond'
        |        AND q.cancel_requested IS NULL
        |    FOR UPDATE OF q SKIP LOCKED
        |), held AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'failed', $UNHELD, updated = now(), rescues = 0
        |    FROM poison
        |    WHERE ${lookUp("q.id", "poison.id")}
        |    RETURNING q.id, q.priority, q.entrypoint, poison.deaths, poison.holder
        |), candidate AS MATERIALIZED (
        |    SELECT waiting.priority, waiting.id, locked.place, locked.bytes${numbered("waiting.number")}
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
        |), ${if (limited.isEmpty()) unseated else seated}
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
        |            id, entrypoint, deaths, ?
        |        ),
        |        'traceback', '',
        |        'additional_context', jsonb_build_object('entrypoint', entrypoint, 'queue_manager_id', holder)
        |    ) AS traceback
        |    FROM held
        |), holding AS (
${logRows.insert("blamed", "'failed'", "traceback").prependIndent("        |    ")}
        |)
        |SELECT told.held, told.held_of, told.canceled, ${ClaimedRow.COLUMNS}
        |FROM (
        |    SELECT
        |        (SELECT array_agg(id) FROM held) AS held,
        |        (SELECT array_agg(entrypoint) FROM held) AS held_of,
        |        (SELECT array_agg(id) FROM leased WHERE cancel_requested IS NOT NULL) AS canceled,
        |        set_config('${WaitingStatement.FULL}', (
        |            SELECT jobs = ? OR (jobs > 1 AND bytes > ?) FROM total
        |        )::text, true)
        |) told
        |LEFT JOIN leased ON true
        """.trimMargin()

    /** The statements of a claim: the claim comes after [before], the statements that lock. */
    private inner class Script(
        private val opening: List<String>,
        private val before: List<String>,
    ) {
        private val sql = (opening + before + claim + waiting.sql + EngineStatement.COMMIT).joinToString(";\n")

        /** @param onOpened reads the row of the last statement of [opening]. */
        fun run(
            connection: Connection,
            request: ClaimRequest,
            first: List<Any?>,
            onOpened: (ResultSet) -> Unit = {},
        ): Claimed {
            var isFirst = true
            var held = emptyList<HeldByClaim>()
            var canceled = emptyList<Long>()
            var taken = emptyList<String>()
            var seen: Waiting = Waiting.Unknown
            val jobs = ArrayList<ClaimedJob>()
            val unreadable = ArrayList<UnreadableJob>()
            val rows = ClaimedRow(request.worker)
            val parameters = first + parameters(request) + waiting.parameters(request)
            connection.readAll(sql, parameters) { statement, row ->
                if (statement == opening.size - 1) onOpened(row)
                when (statement - opening.size - before.size) {
                    // The last statement before the claim.
                    -1 -> locks?.let { taken = it.taken(row) }

                    0 -> {
                        // All rows have the same.
                        if (isFirst) {
                            held = row.longs(1).zip(row.strings(2)) { id, of -> HeldByClaim(JobId(id), of) }
                            canceled = row.longs(3)
                            isFirst = false
                        }
                        rows.read(row, jobs::add, unreadable::add)
                    }

                    1 -> seen = waiting.read(row)
                }
            }
            val ended = if (canceled.isEmpty()) emptyList() else jobs.takeOut(canceled.toSet())
            jobs.sortWith(ClaimedRow.CLAIM_ORDER)
            val heldAtAll = if (unreadable.isEmpty()) held else held + unreadable.map(UnreadableJob::held)
            return Claimed(ClaimBatch(jobs, seen, heldAtAll), poison = held.isNotEmpty(), unreadable, ended, taken)
        }

        /** Removes the jobs [ids], and returns their leases. */
        private fun MutableList<ClaimedJob>.takeOut(ids: Set<Long>): List<Lease> = map { it.lease }
            .filter { it.jobId.value in ids }
            .also { removeAll { job -> job.lease.jobId.value in ids } }
    }

    private val locking = listOfNotNull(locks?.bound, locks?.tryAll)
    private val trying = Script(EngineStatement.opening(durable = false), locking)
    private val patient = locks?.let {
        Script(EngineStatement.opening(durable = false), listOf(it.bound, it.awaitOne, it.tryAll))
    }

    /** Runs after a settlement in the same transaction, whose commit waits for the disk. */
    private val following by lazy { Script(EngineStatement.opening(durable = true), locking) }
    private val succeeding by lazy { Script(EngineStatement.opening(durable = true) + succeed.sql, locking) }

    /**
     * @property batch the leased jobs, in claim order.
     * @property poison whether jobs were held because their lease expired too often.
     * @property unreadable leased jobs that cannot be read.
     * @property canceled leases of jobs that were canceled while a worker ran them that is dead now. Their end is to be
     * recorded.
     * @property taken entrypoints with due jobs that were left out, because another transaction holds their lock.
     */
    class Claimed(
        val batch: ClaimBatch,
        val poison: Boolean,
        val unreadable: List<UnreadableJob>,
        val canceled: List<Lease>,
        val taken: List<String>,
    ) {
        /** Whether the claim did nothing. */
        val isEmpty get() = batch.jobs.isEmpty() && !needsFinish

        /** Whether more is to be done after the claim. */
        val needsFinish get() = poison || unreadable.isNotEmpty() || canceled.isNotEmpty()
    }

    /**
     * Claims jobs and commits.
     *
     * If all due jobs belong to entrypoints whose lock is taken, it waits briefly for one of these locks. Otherwise,
     * workers that serve one limited entrypoint would often find it locked by each other.
     *
     * If Python takes one of its slots first, it tries again, and after that without limited entrypoints.
     */
    fun run(connection: Connection, request: ClaimRequest): Claimed {
        if (locks == null || patient == null) return trying.run(connection, request, emptyList())
        val claimed = connection.unlessRaced { trying.run(connection, request, parametersOfLocks) }
            ?: connection.unlessRaced { trying.run(connection, request, parametersOfLocks) }
            ?: return trying.run(connection, request, locks.noParameters)
        if (claimed.taken.isEmpty() || !claimed.isEmpty) return claimed
        val awaited = claimed.taken[turn.getAndIncrement().mod(claimed.taken.size)]
        return connection.unlessRaced { patient.run(connection, request, listOf(awaited) + parametersOfLocks) }
            ?: claimed
    }

    /**
     * Claims jobs and commits, in the transaction in which outcomes have just been written. Returns null, and undoes
     * these writes, if another transaction took one of its slots first.
     */
    fun runAfter(connection: Connection, request: ClaimRequest): Claimed? = connection.unlessRaced {
        following.run(connection, request, parametersOfLocks)
    }

    /**
     * Writes that [successes] succeeded, claims jobs, and commits, all in one round trip. Returns the leases that were
     * settled, too. Returns null, and undoes all, if another transaction took one of its slots first.
     *
     * @param successes in the order of their ids; see [SucceedStatement.canWrite].
     */
    fun runAfterSuccesses(
        connection: Connection,
        request: ClaimRequest,
        successes: List<Settlement>,
    ): Pair<Set<Lease>, Claimed>? = connection.unlessRaced {
        var settled = emptySet<Lease>()
        val first = succeed.parameters(successes) + parametersOfLocks
        val claimed = succeeding.run(connection, request, first) { settled = succeed.read(it, successes) }
        settled to claimed
    }

    /** Returns null, and undoes [claim], if another transaction took one of its slots first, or holds its lock. */
    private fun <T> Connection.unlessRaced(claim: () -> T): T? = try {
        claim()
    } catch (e: SQLException) {
        if (e.sqlState != LOCK_NOT_AVAILABLE && !isSlotTaken(e)) throw e
        rollback()
        null
    }

    private fun isSlotTaken(e: SQLException) = e.sqlState == UNIQUE_VIOLATION &&
        (e as? PSQLException)?.serverErrorMessage?.constraint == slotIndex

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
            if (limited.isNotEmpty()) {
                add(texts(limited.map { it.entrypoint }))
                add(SqlArray("int", Array(limited.size) { limited[it].options.concurrencyLimit }))
                add(request.maxPayloadBytes)
            }
            add(request.worker.value)
            add(longRun)
            if (limited.isEmpty()) {
                add(request.maxPayloadBytes)
                add(request.maxPayloadBytes)
            }
            add(request.maxRescues)
            add(request.limit)
            add(request.maxPayloadBytes)
        }
    }

    private fun branches(): List<String> =
        unlimited.map { immediate(number = numbered(NONE)) } + limited.indices.map { withinLimit(it + 1) } +
            deferredOfUnlimited() + takeovers()

    /**
     * Leases the candidates that the bound on payloads allows, each with a free slot of its entrypoint if that is
     * limited. Slots are found by their index. No more slots are looked at than run or are needed, however high the
     * limit. The taken slots are hashed: to search the index for every slot costs the square of their number.
     */
    private val seated get() = """
        |free AS MATERIALIZED (
        |    SELECT target.number, ARRAY(
        |        SELECT slot
        |        FROM generate_series(0, least(target.most, wanted.jobs + (
        |            SELECT count(*) FROM ${names.queue} WHERE entrypoint = target.name AND status = 'picked'
        |        )) - 1) AS seat (slot)
        |        EXCEPT
        |        SELECT slot
        |        FROM ${names.queue}
        |        WHERE entrypoint = target.name AND status = 'picked' AND slot IS NOT NULL
        |            AND id <> ALL (ARRAY(SELECT id FROM held))
        |        ORDER BY slot
        |        LIMIT wanted.jobs
        |    ) AS slots
        |    FROM (SELECT number, count(*) AS jobs FROM candidate WHERE number IS NOT NULL GROUP BY number) wanted
        |    JOIN unnest(?::text[], ?::int[]) WITH ORDINALITY AS target (name, most, number) USING (number)
        |), seated AS MATERIALIZED (
        |    SELECT job.place, free.slots[job.turn] AS slot
        |    FROM (
        |        SELECT place, number, row_number() OVER (PARTITION BY number ORDER BY priority DESC, id) AS turn,
        |            row_number() OVER claimed AS ordinal, sum(bytes) OVER claimed AS bytes
        |        FROM candidate
        |        WINDOW claimed AS (ORDER BY priority DESC, id ROWS UNBOUNDED PRECEDING)
        |    ) job
        |    LEFT JOIN free USING (number)
        |    WHERE job.ordinal = 1 OR job.bytes <= ?
        |), ${leased(slot = "seated.slot", chosen = "FROM seated\nWHERE q.ctid = seated.place")}
    """.trimMargin()

    /** Leases the candidates that the bound on payloads allows. None takes a slot. */
    private val unseated get() = leased(
        slot = "NULL",
        chosen = """
            |WHERE q.ctid = ANY (
            |    CASE WHEN (SELECT jobs <= 1 OR bytes <= ? FROM total)
            |        THEN ARRAY(SELECT place FROM candidate)
            |        ELSE ARRAY(
            |            SELECT place
            |            FROM (
            |                SELECT place, row_number() OVER claimed AS number, sum(bytes) OVER claimed AS bytes
            |                FROM candidate
            |                WINDOW claimed AS (ORDER BY priority DESC, id ROWS UNBOUNDED PRECEDING)
            |            ) job
            |            WHERE number = 1 OR bytes <= ?
            |        )
            |    END
            |)
        """.trimMargin(),
    )

    private fun leased(slot: String, chosen: String) = """
        |leased AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'picked',
        |        queue_manager_id = ?,
        |        updated = now(),
        |        heartbeat = now(),
        |        lease_epoch = ${nextEpoch("q")},
        |        slot = ${claimedSlot("q", free = slot)},
        |        rescues = CASE q.status WHEN 'picked' THEN $DEATHS ELSE q.rescues END
${chosen.prependIndent("        |    ")}
        |    RETURNING q.*
    """.trimMargin()

    private fun immediate(limit: String = "", number: String = "") = """
        (
            SELECT priority, id, ctid AS place$number
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
        |    SELECT priority, id, place, $number::bigint AS number
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
        |    SELECT due.priority, due.id, due.place${numbered(NONE)}
        |    FROM unnest(?::text[]) AS target (name)
        |    CROSS JOIN LATERAL (
${deferred("target.name").prependIndent("        ")}
        |    ) due
        |    ORDER BY due.priority DESC, due.id
        |)
    """.trimMargin()

    private fun takeovers() =
        "(SELECT priority, id, place${numbered(NONE)} FROM expired WHERE NOT poison ORDER BY priority DESC, id)"

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

        /** The number of a candidate that takes no slot. */
        const val NONE = "NULL::bigint"

        const val LOCK_NOT_AVAILABLE = "55P03"
        const val UNIQUE_VIOLATION = "23505"
    }
}
