package io.pgqueuer.exposed.internal.schema

/**
 * The indexes of our tables, each declared once: install, upgrade and verify take them from here.
 *
 * Those that Python PgQueuer declares, too, have its names and its spelling. Its upgrade compares texts of the catalog,
 * and builds an index again if they differ.
 */
internal class Indexes(
    private val names: Names,
) {
    /** Those that Python PgQueuer's installs and ours have in common. */
    val shared: List<Index> = listOf(
        queue(
            "pgqueuer_unique_dedupe_key",
            "(dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL",
            "-- At most one active job for each dedupe key; the conflict target of every enqueue.",
            isUnique = true,
        ),
        log("pgqueuer_log_job_id_status", "(job_id, created DESC)"),
        statistics(
            "pgqueuer_statistics_unique_count",
            "(priority, date_trunc('sec', timezone('UTC', created)), status, entrypoint)",
            "-- The conflict target of the aggregation.",
            isUnique = true,
        ),
    )

    /** Those that an upgrade adds to the tables of Python PgQueuer 1.3. */
    val added: List<Index> = listOf(
        queue(
            "pgqueuer_immediate",
            "(entrypoint, priority DESC, id) WHERE status = 'queued' AND execute_after <= created",
            """
            -- Every queued job is in exactly one of this index and the next: in the order of claims if it was due at
            -- once, by its due time if it had to wait. Jobs that are not due yet therefore cost a claim nothing,
            -- however many.
            """,
        ),
        queue(
            "pgqueuer_deferred",
            "(entrypoint, execute_after) WHERE status = 'queued' AND execute_after > created",
        ),
        queue(
            "pgqueuer_picked",
            "(entrypoint, heartbeat) WHERE status = 'picked'",
            "-- Counts what runs, for concurrency limits, and finds expired leases.",
        ),
        queue(
            SLOT,
            "(entrypoint, slot) WHERE status = 'picked' AND slot IS NOT NULL",
            "-- At most one running job for each slot. Python PgQueuer refuses to start without it from 1.4 on.",
            isUnique = true,
        ),
        queue("pgqueuer_held", "(id) WHERE status = 'failed'", "-- Lists held jobs."),
        log(
            "pgqueuer_log_unaggregated",
            "(id) WHERE NOT aggregated",
            "-- The log that is not counted yet, oldest first: empty most of the time, however long the log.",
        ),
        log(
            "pgqueuer_log_window",
            "USING brin (created) WITH (autosummarize = on)",
            """
            -- Windows of time. Log rows are written in the order of time: a summary of each block is as good as an
            -- entry for each row, and costs writers almost nothing.
            """,
        ),
        statistics(RENAMED.second, "(created)", "-- Windows of time of the statistics."),
    )

    val needed: List<Index> = shared + added

    /** Those that only the statements of Python PgQueuer use. Each costs every enqueue, claim or settle a little. */
    val pythons: List<Index> = listOf(
        queue("pgqueuer_ep_prio_id_idx", "(entrypoint, priority DESC, id) WHERE status = 'queued'"),
        queue("pgqueuer_ep_ea_idx", "(entrypoint, execute_after) WHERE status = 'queued'"),
        queue("pgqueuer_priority_id_id1_idx", "(priority, id DESC) INCLUDE (id) WHERE status = 'queued'"),
        queue("pgqueuer_updated_id_id1_idx", "(updated, id DESC) INCLUDE (id) WHERE status = 'picked'"),
        queue("pgqueuer_picked_heartbeat_idx", "(heartbeat) WHERE status = 'picked'"),
        queue("pgqueuer_queue_manager_id_idx", "(queue_manager_id) WHERE queue_manager_id IS NOT NULL"),
        log("pgqueuer_log_not_aggregated", "((1)) WHERE NOT aggregated"),
        log("pgqueuer_log_created", "(created)"),
        log("pgqueuer_log_status", "(status)"),
    )

    private fun queue(name: String, body: String, why: String? = null, isUnique: Boolean = false) =
        index(name, names.queueTable, names.queue, body, why, isUnique)

    private fun log(name: String, body: String, why: String? = null) =
        index(name, names.logTable, names.log, body, why, isUnique = false)

    private fun statistics(name: String, body: String, why: String? = null, isUnique: Boolean = false) =
        index(name, names.statisticsTable, names.statistics, body, why, isUnique)

    private fun index(name: String, table: String, of: String, body: String, why: String?, isUnique: Boolean) =
        Index(names.own(name), names.qualified(name), table, of, body, why?.trimIndent()?.trim(), isUnique)

    companion object {
        /** Allows one running job for each slot. A claim that violates it lost a race. */
        const val SLOT = "pgqueuer_picked_slot_idx"

        /** An upgrade of Python PgQueuer before 1.5 made it on the queue. Nothing uses it. */
        const val RETIRED = "pgqueuer_heartbeat_id_id1_idx"

        /** The name in older snapshots of this library, and today's. */
        val RENAMED = "pgqueuer_statistics_window" to "pgqueuer_statistics_created"
    }
}
