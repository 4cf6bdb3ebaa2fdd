package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.exposed.internal.job.LogRows
import io.pgqueuer.exposed.internal.lease.claimedSlot
import io.pgqueuer.exposed.internal.lease.nextEpoch
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.table.LogTable
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget

/**
 * The statement of a claim; [ClaimStatement] explains it.
 *
 * @param reach is given if the [unlimited] entrypoints are many.
 * @param takesOver whether it takes over jobs whose lease has expired. One that does not is shorter: the server spends
 * less time on it before it reads the first row.
 */
internal class ClaimSql(
    private val names: Names,
    private val unlimited: List<String>,
    private val limited: List<ClaimTarget>,
    private val locks: SlotLocks?,
    private val reach: Reach?,
    takesOver: Boolean,
) {
    private val parameters = Parameters<ClaimRequest>()
    private val logRows = LogRows(names)
    private val namesOfUnlimited = texts(unlimited)
    private val paused = Paused(names)
    private val takeover = if (takesOver) Takeover(names, logRows, parameters, paused) else null

    /** The text names its [parameters] in its own order, so it is made from its first line to its last. */
    val text: String = listOfNotNull(
        paused.found(),
        takeover?.found(),
        reach?.let(::heads),
        candidate(),
        "total AS MATERIALIZED (\n    SELECT count(*) AS jobs, sum(bytes) AS bytes FROM candidate\n)",
        if (limited.isEmpty()) null else seated(),
        if (limited.isEmpty()) leasedWithoutSlots() else leasedWithSlots(),
        leasing(),
        takeover?.logged(),
    ).joinToString(",\n", prefix = "WITH ") + "\n" + result()

    fun parameters(request: ClaimRequest): List<Any?> = parameters.of(request)

    /** The place holder of a parameter that is the same for every claim. */
    private fun value(value: Any?) = parameters.of { value }

    private fun candidate() = """
        |candidate AS MATERIALIZED (
        |    SELECT waiting.priority, waiting.id, locked.place, locked.bytes${numbered("waiting.number")}
        |    FROM (
${branches().joinToString("\nUNION ALL\n").prependIndent("        |        ")}
        |    ) waiting
        |    CROSS JOIN LATERAL (
        |        SELECT q.ctid AS place, coalesce(octet_length(q.payload), 0) AS bytes
        |        FROM ${names.queue} q
        |        WHERE q.ctid = waiting.place AND (
        |            (q.status = 'queued' AND q.execute_after <= now())
        |            ${takeover?.run { "OR (q.status = 'picked' AND ${isExpired("q.heartbeat")})" }.orEmpty()}
        |        )
        |        FOR UPDATE SKIP LOCKED
        |    ) locked
        |    ${if (reach == null) "" else "WHERE $IS_BEFORE_FRONTIER"}
        |    ORDER BY waiting.priority DESC, waiting.id
        |    LIMIT ${parameters.of { it.limit }}
        |)
    """.trimMargin()

    private fun isOpen(entrypoint: String) = paused.isOpen(value(entrypoint))

    private fun branches(): List<String> = buildList {
        if (reach == null) {
            unlimited.mapTo(this) { immediate(it, numbered(NONE)) }
        } else {
            add("(SELECT priority, id, place${numbered(NONE)} FROM head ORDER BY priority DESC, id)")
        }
        limited.forEachIndexed { index, (entrypoint, options) ->
            add(withinLimit(index + 1, entrypoint, checkNotNull(options.concurrencyLimit)))
        }
        add(deferredOfUnlimited())
        takeover?.run { add(candidates(numbered(NONE))) }
    }

    /** A column of all candidates: which of the [limited] entrypoints the job takes a slot of, counted from 1. */
    private fun numbered(number: String) = if (limited.isEmpty()) "" else ", $number AS number"

    /** Selects the jobs of [entrypoint] that never had to wait, in claim order. With a [limit], also if it is paused. */
    private fun immediate(entrypoint: String, number: String = "", limit: Int? = null) = """
        |(
        |    SELECT priority, id, ctid AS place$number
        |    FROM ${names.queue}
        |    WHERE entrypoint = ${value(entrypoint)} AND $NEVER_WAITED
        |        ${if (limit == null) "AND ${isOpen(entrypoint)}" else ""}
        |    ORDER BY priority DESC, id${if (limit == null) "" else " LIMIT ${value(limit)}"}
        |)
    """.trimMargin()

    /**
     * The first jobs of each of many entrypoints that never had to wait, as many as the [reach] says, and the frontier:
     * the first job in claim order that is the last one read of its entrypoint. Behind it there may be jobs that were not
     * read, so the claim does not go past it.
     *
     * The loop returns the jobs of one entrypoint after the other. So one window over all of them finds the last ones; a
     * window for each entrypoint costs 2 µs for each.
     */
    private fun heads(reach: Reach) = """
        |head AS MATERIALIZED (
        |    SELECT job.priority, job.id, job.place, target.number,
        |        coalesce(lag(target.number, target.most - 1) OVER () = target.number, false) AS is_last
        |    FROM unnest(${value(namesOfUnlimited)}::text[], ${parameters.of { reach.most() }}::int[])
        |        WITH ORDINALITY AS target (name, most, number)
        |    CROSS JOIN LATERAL (
        |        SELECT priority, id, ctid AS place
        |        FROM ${names.queue}
        |        WHERE entrypoint = target.name AND $NEVER_WAITED
        |        ORDER BY priority DESC, id
        |        LIMIT target.most
        |    ) job
        |    WHERE ${paused.isOpen("target.name")}
        |), frontier AS MATERIALIZED (
        |    SELECT -priority::bigint AS rank, id, number
        |    FROM head
        |    WHERE is_last
        |    ORDER BY rank, id
        |    LIMIT 1
        |)
    """.trimMargin()

    private fun withinLimit(number: Int, entrypoint: String, limit: Int) = """
        |(
        |    SELECT priority, id, place, $number::bigint AS number
        |    FROM (
${immediate(entrypoint, limit = limit).prependIndent("        |        ")}
        |        UNION ALL
        |        (
        |            SELECT priority, id, place
        |            FROM (
${deferred(value(entrypoint)).prependIndent("        |                ")}
        |            ) due
        |            ORDER BY priority DESC, id LIMIT ${value(limit)}
        |        )
        |    ) job
        |    ORDER BY priority DESC, id
        |    LIMIT CASE WHEN ${locks?.isLocked(number)} AND ${isOpen(entrypoint)} THEN greatest(0, ${value(limit)}
        |        - (
        |            SELECT count(*) FROM ${names.queue} WHERE entrypoint = ${value(entrypoint)} AND status = 'picked'
        |        )
        |        ${takeover?.run { "+ (SELECT count(*) FROM held WHERE entrypoint = ${value(entrypoint)})" }.orEmpty()}
        |    ) ELSE 0 END
        |)
    """.trimMargin()

    private fun deferredOfUnlimited() = """
        |(
        |    SELECT due.priority, due.id, due.place${numbered(NONE)}
        |    FROM unnest(${value(namesOfUnlimited)}::text[]) AS target (name)
        |    CROSS JOIN LATERAL (
${deferred("target.name").prependIndent("        |        ")}
        |    ) due
        |    WHERE ${paused.isOpen("target.name")}
        |    ORDER BY due.priority DESC, due.id
        |)
    """.trimMargin()

    private fun deferred(entrypoint: String) = """
        SELECT priority, id, ctid AS place
        FROM ${names.queue}
        WHERE entrypoint = $entrypoint AND status = 'queued' AND execute_after > created AND execute_after <= now()
        ORDER BY execute_after
        LIMIT $WINDOW
    """.trimIndent()

    /**
     * Gives each candidate that the bound on payloads allows a free slot of its entrypoint, if that is limited. Slots are
     * found by their index. No more slots are looked at than run or are needed, however high the limit. The taken slots
     * are hashed: to search the index for every slot costs the square of their number.
     */
    private fun seated() = """
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
        |            ${takeover?.run { "AND id <> ALL (ARRAY(SELECT id FROM held))" }.orEmpty()}
        |        ORDER BY slot
        |        LIMIT wanted.jobs
        |    ) AS slots
        |    FROM (SELECT number, count(*) AS jobs FROM candidate WHERE number IS NOT NULL GROUP BY number) wanted
        |    JOIN unnest(${value(texts(limited.map(ClaimTarget::entrypoint)))}::text[], ${limits()}::int[])
        |        WITH ORDINALITY AS target (name, most, number) USING (number)
        |), seated AS MATERIALIZED (
        |    SELECT job.place, free.slots[job.turn] AS slot
        |    FROM (
        |        SELECT place, number, row_number() OVER (PARTITION BY number ORDER BY priority DESC, id) AS turn,
        |            row_number() OVER claimed AS ordinal, sum(bytes) OVER claimed AS bytes
        |        FROM candidate
        |        WINDOW claimed AS (ORDER BY priority DESC, id ROWS UNBOUNDED PRECEDING)
        |    ) job
        |    LEFT JOIN free USING (number)
        |    WHERE job.ordinal = 1 OR job.bytes <= ${maxPayloadBytes()}
        |)
    """.trimMargin()

    private fun limits() = value(SqlArray("int", Array(limited.size) { limited[it].options.concurrencyLimit }))

    private fun maxPayloadBytes() = parameters.of { it.maxPayloadBytes }

    private fun leasedWithSlots() = leased(slot = "seated.slot") { "FROM seated\nWHERE q.ctid = seated.place" }

    /** Leases the candidates that the bound on payloads allows. None takes a slot. */
    private fun leasedWithoutSlots() = leased(slot = "NULL") {
        """
            |WHERE q.ctid = ANY (
            |    CASE WHEN (SELECT jobs <= 1 OR bytes <= ${maxPayloadBytes()} FROM total)
            |        THEN ARRAY(SELECT place FROM candidate)
            |        ELSE ARRAY(
            |            SELECT place
            |            FROM (
            |                SELECT place, row_number() OVER claimed AS number, sum(bytes) OVER claimed AS bytes
            |                FROM candidate
            |                WINDOW claimed AS (ORDER BY priority DESC, id ROWS UNBOUNDED PRECEDING)
            |            ) job
            |            WHERE number = 1 OR bytes <= ${maxPayloadBytes()}
            |        )
            |    END
            |)
        """.trimMargin()
    }

    private fun leased(slot: String, chosen: () -> String) = """
        |leased AS (
        |    UPDATE ${names.queue} q
        |    SET status = 'picked',
        |        queue_manager_id = ${parameters.of { it.worker.value }},
        |        updated = now(),
        |        heartbeat = now(),
        |        lease_epoch = ${nextEpoch("q")},
        |        slot = ${if (takeover == null) slot else claimedSlot("q", free = slot)}
        |        ${takeover?.run {
        ", rescues = CASE q.status WHEN 'picked' THEN ${deaths()} ELSE q.rescues END"
    }.orEmpty()}
${chosen().prependIndent("        |    ")}
        |    RETURNING q.*
        |)
    """.trimMargin()

    private fun leasing() = """
        |leasing AS (
${logRows.insert("leased", "'picked'", also = LogTable.ofClaims).prependIndent("        |    ")}
        |)
    """.trimMargin()

    private fun result() = """
        |SELECT told.held, told.held_of, told.canceled, told.cut_by, told.read, ${ClaimedRow.COLUMNS}
        |FROM (
        |    SELECT
        |        ${ofHeld("id", "bigint")} AS held,
        |        ${ofHeld("entrypoint", "text")} AS held_of,
        |        (SELECT array_agg(id) FROM leased WHERE cancel_requested IS NOT NULL) AS canceled,
        |        ${if (reach == null) "NULL::bigint" else "(SELECT number FROM frontier)"} AS cut_by,
        |        ${if (reach == null) "NULL::bigint" else "(SELECT count(*) FROM head)"} AS read,
        |        set_config('${WaitingStatement.FULL}', (
        |            SELECT jobs = ${parameters.of { it.limit }} OR (jobs > 1 AND bytes > ${maxPayloadBytes()})
        |                ${if (reach == null) "" else "OR EXISTS (SELECT FROM frontier)"}
        |            FROM total
        |        )::text, true)
        |) told
        |LEFT JOIN leased ON true
    """.trimMargin()

    private fun ofHeld(column: String, type: String) =
        if (takeover == null) "NULL::$type[]" else "(SELECT array_agg($column) FROM held)"

    private companion object {
        /** The number of a candidate that takes no slot. */
        const val NONE = "NULL::bigint"

        const val NEVER_WAITED = "status = 'queued' AND execute_after <= created"

        const val IS_BEFORE_FRONTIER =
            "coalesce((-waiting.priority::bigint, waiting.id) <= (SELECT rank, id FROM frontier), true)"
    }
}

/** Of each entrypoint, how many due or expired jobs are considered: those that have been so for longest. */
internal const val WINDOW = 1_000
