package io.pgqueuer.exposed.interleaving

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.PostgresBackend
import io.pgqueuer.exposed.advance
import io.pgqueuer.exposed.connect
import io.pgqueuer.exposed.execute
import io.pgqueuer.exposed.readCommitted
import io.pgqueuer.test.PostgresDatabase
import java.sql.Connection
import java.sql.ResultSet
import java.util.UUID

/** Brings the database into start states, and reads what is there in the end. */
internal class SavedStarts(
    private val database: PostgresDatabase,
    private val backend: PostgresBackend,
) : AutoCloseable {
    private val connection = database.connect().readCommitted()

    /** Makes [start] by the operations that lead to it, and saves it for [restore]. */
    suspend fun save(start: Start): Preparation {
        connection.execute("TRUNCATE pgqueuer, pgqueuer_log; DROP TABLE IF EXISTS saved_queue, saved_log")
        return start.prepare(backend, database::advance).also {
            connection.execute(
                "CREATE TABLE saved_queue AS SELECT * FROM pgqueuer; CREATE TABLE saved_log AS SELECT * FROM pgqueuer_log",
            )
        }
    }

    /** Back to what was saved last. */
    fun restore() = connection.execute(
        "DELETE FROM pgqueuer; DELETE FROM pgqueuer_log; INSERT INTO pgqueuer SELECT * FROM saved_queue; " +
            "INSERT INTO pgqueuer_log OVERRIDING SYSTEM VALUE SELECT * FROM saved_log",
    )

    fun jobs(): List<Seen> = connection.rows(
        """
        SELECT id, status::text, queue_manager_id, lease_epoch, attempts, rescues, cancel_requested IS NOT NULL,
            execute_after <= now(),
            status = 'picked' AND heartbeat <= now() - interval '${LEASE.inWholeMicroseconds} microseconds',
            slot
        FROM pgqueuer
        """,
    ) {
        Seen(
            JobId(getLong(1)),
            JobStatus.ofLabel(getString(2)),
            getObject(3, UUID::class.java)?.let(::WorkerId),
            getLong(4),
            getInt(5),
            getInt(6),
            getBoolean(7),
            getBoolean(8),
            getBoolean(9),
            getObject(10) as Long?,
        )
    }

    fun log(): List<Logged> =
        connection.rows("SELECT job_id, status::text, traceback->>'exception_type' FROM pgqueuer_log ORDER BY id") {
            Logged(JobId(getLong(1)), JobStatus.ofLabel(getString(2)), getString(3))
        }

    private fun <T> Connection.rows(sql: String, read: ResultSet.() -> T): List<T> =
        createStatement().use { statement ->
            statement.executeQuery(sql).use { rows -> buildList { while (rows.next()) add(rows.read()) } }
        }

    override fun close() = connection.close()
}
