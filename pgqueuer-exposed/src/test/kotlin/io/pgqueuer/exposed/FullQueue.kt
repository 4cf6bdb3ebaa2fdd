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
 * @property ofPicked those of Python's that have all picked jobs, of any entrypoint.
 */
internal enum class QueueIndexes(val ofPicked: Set<String> = emptySet()) {
    OURS,

    /** Python's tempt the planner, as they are younger than ours. */
    OURS_AND_PYTHONS(ofPicked = setOf("pgqueuer_updated_id_id1_idx", "pgqueuer_picked_heartbeat_idx")),
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
    ): TableReads {
        if (statistics != this.statistics) change(statistics)
        return measure(connect(database, planning), body)
    }

    /**
     * What the server reads and changes for [body], on the next one of the connections that have planned before the
     * queue was filled. A change of the statistics makes them plan again.
     */
    suspend fun measureEarly(body: suspend (PostgresBackend) -> Unit): TableReads {
        check(statistics == Statistics.OF_THE_EMPTY_TABLE) { "the statistics have been changed" }
        return measure(early.removeFirst(), body, standing = 1)
    }

    private suspend fun measure(
        backend: PostgresBackend,
        body: suspend (PostgresBackend) -> Unit,
        standing: Int = 0,
    ): TableReads {
        database.awaitConnections(early.size + standing)
        val before = database.readsOf(QUEUE)
        body(backend)
        // A connection reports what it did when it ends, at the latest.
        backend.close()
        database.awaitConnections(early.size)
        return database.readsOf(QUEUE) - before
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
        private const val QUEUE = "pgqueuer"

        /** @param early each is run on a connection of its own before the queue is filled. */
        suspend fun fill(indexes: QueueIndexes, vararg early: suspend (PostgresBackend) -> Unit): FullQueue {
            val database = TestPostgres.newDatabase()
            database.backend().use { it.schema.install() }
            database.execute("ALTER TABLE pgqueuer SET UNLOGGED; ALTER TABLE pgqueuer SET (autovacuum_enabled = off)")
            if (indexes == QueueIndexes.OURS_AND_PYTHONS) database.createPythonsIndexes(QUEUE)
            database.execute("VACUUM ANALYZE pgqueuer")
            val backends = early.map { plan -> connect(database, Planning.ONCE_IN_A_CONNECTION).also { plan(it) } }
            database.execute("DELETE FROM pgqueuer")
            database.execute(JOBS)
            // An idle connection reports what it did after ten seconds, which may be while another is measured. With its
            // next transaction it reports now, but for tables of which another connection reports at that moment.
            database.awaitConnections(backends.size)
            backends.forEach { it.claim(ClaimTarget("none")) }
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
