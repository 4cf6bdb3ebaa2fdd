package io.pgqueuer.exposed

import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import org.postgresql.util.PSQLException
import java.util.Collections
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/**
 * A worker that treats the tables as Python PgQueuer from 1.4 on does, in statements of our own. It polls, takes one of
 * the free slots below [limit] for each job, runs each job for [time], and writes the ends of jobs in batches.
 */
internal class PythonWorker(
    private val database: PostgresDatabase,
    private val entrypoint: String,
    private val limit: Int,
    private val time: Duration,
) {
    private val id = UUID.randomUUID()

    /** The jobs that it has run. */
    val done: MutableList<Long> = Collections.synchronizedList(mutableListOf())

    private val claim = """
        WITH room AS (
            SELECT greatest(0, $limit - count(*)) AS jobs
            FROM pgqueuer WHERE entrypoint = '$entrypoint' AND status = 'picked'
        ), free AS (
            SELECT slot, row_number() OVER (ORDER BY slot) AS turn
            FROM generate_series(0, $limit - 1) AS slot
            WHERE NOT EXISTS (
                SELECT FROM pgqueuer p WHERE p.entrypoint = '$entrypoint' AND p.status = 'picked' AND p.slot = slot
            )
        ), job AS (
            SELECT id, row_number() OVER (ORDER BY priority DESC, id) AS turn
            FROM (
                SELECT id, priority
                FROM pgqueuer
                WHERE entrypoint = '$entrypoint' AND status = 'queued' AND execute_after <= now()
                ORDER BY priority DESC, id
                LIMIT (SELECT jobs FROM room)
                FOR UPDATE SKIP LOCKED
            ) due
        ), picked AS (
            UPDATE pgqueuer q
            SET status = 'picked', queue_manager_id = '$id', updated = now(), heartbeat = now(), slot = free.slot
            FROM job JOIN free USING (turn)
            WHERE q.id = job.id
            RETURNING q.id, q.priority
        ), logged AS (
            INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
            SELECT id, 'picked', '$entrypoint', priority FROM picked
        )
        SELECT id FROM picked
    """

    /** Works until the queue has no job of its entrypoint, or it has run [most] jobs. */
    suspend fun run(most: Int) = withContext(Dispatchers.IO) {
        database.connect().readCommitted().use { connection ->
            while (done.size < most &&
                connection.texts("SELECT id FROM pgqueuer WHERE entrypoint = '$entrypoint' LIMIT 1").isNotEmpty()
            ) {
                val claimed = try {
                    connection.texts(claim).map { it!!.toLong() }
                } catch (e: PSQLException) {
                    // It lost the race for a slot.
                    if (e.sqlState != "23505") throw e
                    emptyList()
                }
                if (claimed.isEmpty()) {
                    delay(POLL)
                    continue
                }
                delay(time)
                done += claimed
                connection.execute(
                    """
                    WITH gone AS (
                        DELETE FROM pgqueuer WHERE id IN (${claimed.joinToString()}) RETURNING id, priority
                    )
                    INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
                    SELECT id, 'successful', '$entrypoint', priority FROM gone
                    """,
                )
            }
        }
    }

    private companion object {
        val POLL = 25.milliseconds
    }
}
