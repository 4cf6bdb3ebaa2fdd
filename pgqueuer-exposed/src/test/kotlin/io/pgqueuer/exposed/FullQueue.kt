package io.pgqueuer.exposed

import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.test.PostgresDatabase

/** What the planner believes about the queue. */
internal enum class Statistics {
    /** As after a vacuum of the empty queue: the usual state, because a queue is empty most of the time. */
    OF_THE_EMPTY_TABLE,
    NONE,
    FRESH,
}

/**
 * The indexes of the queue.
 *
 * @property more statements that create some beside ours.
 * @property ofPicked those of them that have all picked jobs, of any entrypoint.
 */
internal enum class QueueIndexes(val more: String = "", val ofPicked: Set<String> = emptySet()) {
    OURS,

    /** They tempt the planner, as they are younger than ours. */
    OURS_AND_PYTHONS(
        """
        CREATE INDEX pgqueuer_ep_prio_id_idx ON pgqueuer (entrypoint, priority DESC, id) WHERE status = 'queued';
        CREATE INDEX pgqueuer_ep_ea_idx ON pgqueuer (entrypoint, execute_after) WHERE status = 'queued';
        CREATE INDEX pgqueuer_priority_id_id1_idx ON pgqueuer (priority, id DESC) INCLUDE (id) WHERE status = 'queued';
        CREATE INDEX pgqueuer_updated_id_id1_idx ON pgqueuer (updated, id DESC) INCLUDE (id) WHERE status = 'picked';
        CREATE INDEX pgqueuer_picked_heartbeat_idx ON pgqueuer (heartbeat) WHERE status = 'picked';
        CREATE INDEX pgqueuer_queue_manager_id_idx ON pgqueuer (queue_manager_id) WHERE queue_manager_id IS NOT NULL;
        """,
        ofPicked = setOf("pgqueuer_updated_id_id1_idx", "pgqueuer_picked_heartbeat_idx"),
    ),
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
    private val early: MutableList<PostgresBackend>,
) {
    private var statistics = Statistics.OF_THE_EMPTY_TABLE

    /** What the server reads and changes for [body], on a new connection. */
    suspend fun measure(
        statistics: Statistics,
        planning: Planning,
        body: suspend (PostgresBackend) -> Unit,
    ): QueueReads {
        if (statistics != this.statistics) change(statistics)
        return measure(connect(database, planning), body)
    }

    /**
     * What the server reads and changes for [body], on the next one of the connections that have planned before the
     * queue was filled. A change of the statistics makes them plan again.
     */
    suspend fun measureEarly(body: suspend (PostgresBackend) -> Unit): QueueReads {
        check(statistics == Statistics.OF_THE_EMPTY_TABLE) { "the statistics have been changed" }
        val backend = early.removeFirst()
        // It reports what it did while it planned, which is more than a second ago.
        backend.claim(ClaimTarget("none"))
        return measure(backend, body, standing = 1)
    }

    private suspend fun measure(
        backend: PostgresBackend,
        body: suspend (PostgresBackend) -> Unit,
        standing: Int = 0,
    ): QueueReads {
        database.awaitConnections(early.size + standing)
        val before = database.queueReads()
        body(backend)
        // A connection reports what it did when it ends, at the latest.
        backend.close()
        database.awaitConnections(early.size)
        return database.queueReads() - before
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
        const val PICKED = 300

        /** @param early each is run on a connection of its own before the queue is filled. */
        suspend fun fill(indexes: QueueIndexes, vararg early: suspend (PostgresBackend) -> Unit): FullQueue {
            val database = TestPostgres.newDatabase()
            database.backend().use { it.schema.install() }
            database.execute("ALTER TABLE pgqueuer SET UNLOGGED; ALTER TABLE pgqueuer SET (autovacuum_enabled = off)")
            database.execute(indexes.more)
            database.execute("VACUUM ANALYZE pgqueuer")
            val backends = early.map { plan -> connect(database, Planning.ONCE_IN_A_CONNECTION).also { plan(it) } }
            database.execute("DELETE FROM pgqueuer")
            database.execute(JOBS)
            return FullQueue(database, backends.toMutableList())
        }

        private fun connect(database: PostgresDatabase, planning: Planning) = database.backend {
            poolMaxSize = 1
            properties += "prepareThreshold" to "${planning.prepareThreshold}"
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
            FROM generate_series(1, $PICKED) i
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
