package io.pgqueuer.exposed

import io.pgqueuer.test.PostgresDatabase

/** What the planner believes about the queue. */
internal enum class Statistics {
    /** As after a vacuum of the empty queue: the usual state, because a queue is empty most of the time. */
    OF_THE_EMPTY_TABLE,
    NONE,
    FRESH,
}

/** When statements are planned; see the driver's property. */
internal enum class Planning(
    val prepareThreshold: Int,
) {
    AT_EACH_EXECUTION(0),
    ONCE_IN_A_CONNECTION(1),
}

/**
 * A queue with a million queued jobs, filled once, whose statistics can be changed. It has no autovacuum, which would
 * better them.
 */
internal class FullQueue private constructor(
    private val database: PostgresDatabase,
) {
    private var statistics = Statistics.OF_THE_EMPTY_TABLE

    /** What the server reads and changes for [body], on a new connection. */
    suspend fun measure(
        statistics: Statistics,
        planning: Planning,
        body: suspend (PostgresBackend) -> Unit,
    ): QueueReads {
        if (statistics != this.statistics) change(statistics)
        database.awaitConnections(0)
        val before = database.queueReads()
        // A connection reports what it did when it ends, at the latest.
        connect(planning).use { body(it) }
        database.awaitConnections(0)
        return database.queueReads() - before
    }

    private fun connect(planning: Planning) = database.backend {
        poolMaxSize = 1
        properties += "prepareThreshold" to "${planning.prepareThreshold}"
    }

    private fun change(to: Statistics) {
        statistics = to
        database.execute(
            when (to) {
                Statistics.FRESH -> "ANALYZE pgqueuer"
                Statistics.NONE -> forget(rows = -1)
                Statistics.OF_THE_EMPTY_TABLE -> forget(rows = 0)
            },
        )
    }

    companion object {
        suspend fun fill(): FullQueue {
            val database = TestPostgres.newDatabase()
            database.backend().use { it.schema.install() }
            database.execute("ALTER TABLE pgqueuer SET UNLOGGED; ALTER TABLE pgqueuer SET (autovacuum_enabled = off)")
            database.execute("VACUUM ANALYZE pgqueuer")
            database.execute(JOBS)
            return FullQueue(database)
        }

        private fun forget(rows: Int) = "DELETE FROM pg_statistic WHERE starelid = 'pgqueuer'::regclass; " +
            "UPDATE pg_class SET reltuples = $rows, relpages = 0, relallvisible = 0 WHERE oid = 'pgqueuer'::regclass"

        /** A lot of all that can be in a queue: due, deferred, picked, held, and of entrypoints that nobody claims. */
        private val JOBS = """
            INSERT INTO pgqueuer
                (entrypoint, priority, status, created, execute_after, queue_manager_id, heartbeat)
            SELECT (ARRAY['now', 'limited', 'other'])[1 + i % 3], i % 5, 'queued'::pgqueuer_status, now(), now(),
                NULL::uuid, now()
            FROM generate_series(1, 600000) i
            UNION ALL
            SELECT (ARRAY['now', 'later', 'other'])[1 + i % 3], i % 5, 'queued', now(), now() + i * interval '1 second' +
                interval '1 hour', NULL, now()
            FROM generate_series(1, 400000) i
            UNION ALL
            SELECT (ARRAY['now', 'limited', 'other'])[1 + i % 3], 0, 'picked', now(), now(), gen_random_uuid(),
                now() + interval '1 day'
            FROM generate_series(1, 300) i
            UNION ALL
            SELECT 'now', 0, 'failed', now(), now(), NULL, now() FROM generate_series(1, 10000) i
        """
    }
}

/** What the server has read and changed in the queue. */
internal class QueueReads(
    val sequentialScans: Long,
    val updates: Long,
    val byIndex: Map<String, Long>,
) {
    operator fun minus(other: QueueReads) = QueueReads(
        sequentialScans - other.sequentialScans,
        updates - other.updates,
        byIndex.mapValues { (index, read) -> read - other.byIndex.getValue(index) },
    )

    override fun toString() = "$sequentialScans sequential scans, $updates updates, index entries read: $byIndex"
}

private fun PostgresDatabase.queueReads(): QueueReads = connect().use { connection ->
    val (scans, updates) = connection
        .texts("SELECT unnest(ARRAY[seq_scan, n_tup_upd]) FROM pg_stat_user_tables WHERE relname = 'pgqueuer'")
        .map { it!!.toLong() }
    val indexes = connection
        .texts("SELECT indexrelname || ' ' || idx_tup_read FROM pg_stat_user_indexes WHERE relname = 'pgqueuer'")
        .associate { it!!.substringBefore(' ') to it.substringAfter(' ').toLong() }
    QueueReads(scans, updates, indexes)
}
