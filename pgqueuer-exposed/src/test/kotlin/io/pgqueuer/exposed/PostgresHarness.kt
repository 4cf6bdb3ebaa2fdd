package io.pgqueuer.exposed

import io.pgqueuer.QueueProperties
import io.pgqueuer.conformance.AdapterHarness
import io.pgqueuer.test.PostgresDatabase
import kotlin.time.Duration

/** Runs the suite on a database of its own, emptied for each test, through the backend that [connect] makes. */
internal class PostgresHarness(
    private val connect: (PostgresDatabase) -> PostgresBackend = { it.backend() },
) : AdapterHarness {
    private val database by lazy { TestPostgres.newDatabase() }
    private val backend by lazy { connect(database) }

    override suspend fun backend(): PostgresBackend {
        backend.schema.install()
        backend.schema.change(QueueProperties.DEFAULT)
        database.execute(
            "TRUNCATE pgqueuer, pgqueuer_log, pgqueuer_statistics, pgqueuer_schedules, pgqueuer_pauses, " +
                "pgqueuer_limits RESTART IDENTITY",
        )
        // Aggregation gives way to a vacuum of the statistics; no test is about that.
        database.execute("ALTER TABLE pgqueuer_statistics SET (autovacuum_enabled = off)")
        return backend
    }

    override suspend fun advance(duration: Duration) = database.advance(duration)
}

/** The server's clock cannot be set; but for it, everything can have happened earlier. */
internal fun PostgresDatabase.advance(duration: Duration) {
    // As a product: before PostgreSQL 15, an interval literal has no more microseconds than an int.
    val by = "${duration.inWholeMicroseconds} * interval '1 microsecond'"
    execute(
        """
        UPDATE pgqueuer SET created = created - $by, updated = updated - $by, heartbeat = heartbeat - $by,
            execute_after = execute_after - $by;
        UPDATE pgqueuer_log SET created = created - $by;
        -- By way of a far time: the next second's row must not get where that second's still is.
        UPDATE pgqueuer_statistics SET created = created - $by - interval '10000000 hours';
        UPDATE pgqueuer_statistics SET created = created + interval '10000000 hours';
        UPDATE pgqueuer_schedules SET created = created - $by, updated = updated - $by, heartbeat = heartbeat - $by,
            next_run = next_run - $by, last_run = last_run - $by, paused_at = paused_at - $by;
        UPDATE pgqueuer_pauses SET since = since - $by, until = until - $by;
        """,
    )
}
