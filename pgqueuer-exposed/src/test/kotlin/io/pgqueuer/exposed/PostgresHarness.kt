package io.pgqueuer.exposed

import io.pgqueuer.conformance.AdapterHarness
import io.pgqueuer.port.Backend
import kotlin.time.Duration

/** Runs the suite on a database of its own, emptied for each test. */
internal class PostgresHarness : AdapterHarness {
    private val database by lazy { TestPostgres.newDatabase() }
    private val backend by lazy { database.backend() }

    override suspend fun backend(): Backend {
        backend.schema.install()
        database.execute("TRUNCATE pgqueuer, pgqueuer_log RESTART IDENTITY")
        return backend
    }

    /** The server's clock cannot be set; but for it, everything can have happened earlier. */
    override suspend fun advance(duration: Duration) {
        val by = "interval '${duration.inWholeMicroseconds} microseconds'"
        database.execute(
            """
            UPDATE pgqueuer SET created = created - $by, updated = updated - $by, heartbeat = heartbeat - $by,
                execute_after = execute_after - $by;
            UPDATE pgqueuer_log SET created = created - $by;
            """,
        )
    }
}
