package io.pgqueuer.cli.bench

import io.pgqueuer.JobStatus
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import kotlin.time.Duration
import kotlin.time.measureTime

/**
 * Measures what the database itself can do: the same rows, with the same log rows, by plain set-based SQL in one loop on
 * the server.
 *
 * Like the worker, it waits for the disk when it commits ends of jobs but not when it commits claims, and does not let the
 * statistics of a table that was empty a moment ago mislead the planner.
 */
internal class Floor(
    private val queue: BenchQueue,
) {
    private val settings = listOf("enable_seqscan", "enable_sort", "enable_bitmapscan", "jit")
        .joinToString("") { "SET $it = off;" }

    /** Inserts [count] jobs in batches, and returns how long it took. */
    suspend fun enqueue(count: Int, batch: Int): Duration = timed(
        """
        DO ${'$'}${'$'}
        DECLARE
            done bigint;
            payloads bytea[] := array_fill('${PAYLOAD.decodeToString()}'::bytea, ARRAY[$batch]);
        BEGIN
            FOR i IN 1..${count / batch} LOOP
                WITH new AS (
                    INSERT INTO ${queue.queueTable} (priority, entrypoint, payload, status)
                    SELECT 0, '$ENTRYPOINT', payload, 'queued' FROM unnest(payloads) AS given (payload)
                    RETURNING id, priority, entrypoint
                )${logged("queued", "new")}
                SELECT count(*) INTO done FROM new;
                COMMIT;
            END LOOP;
        END ${'$'}${'$'}
        """,
    )

    /** Claims and deletes all queued jobs, [batch] at a time, and returns how long it took. */
    suspend fun drain(batch: Int): Duration = timed(
        """
        DO ${'$'}${'$'}
        DECLARE
            ids bigint[];
            done bigint;
        BEGIN
            LOOP
                SET LOCAL synchronous_commit = off;
                WITH candidate AS (
                    SELECT id FROM ${queue.queueTable}
                    WHERE entrypoint = '$ENTRYPOINT' AND status = 'queued' AND execute_after <= created
                    ORDER BY priority DESC, id
                    LIMIT $batch
                    FOR UPDATE SKIP LOCKED
                ), picked AS (
                    UPDATE ${queue.queueTable} q
                    SET status = 'picked', queue_manager_id = '00000000-0000-0000-0000-000000000001',
                        updated = now(), heartbeat = now(), lease_epoch = q.lease_epoch + 1
                    FROM candidate
                    WHERE q.id = candidate.id
                    RETURNING q.id, q.priority, q.entrypoint
                )${logged("picked", "picked")}
                SELECT array_agg(id) INTO ids FROM picked;
                EXIT WHEN ids IS NULL;
                COMMIT;
                WITH gone AS (
                    DELETE FROM ${queue.queueTable} WHERE id = ANY (ids)
                    RETURNING id, priority, entrypoint
                )${logged("successful", "gone")}
                SELECT count(*) INTO done FROM gone;
                COMMIT;
            END LOOP;
        END ${'$'}${'$'}
        """,
    )

    /** Returns SQL that logs the rows of [from], if the queue's log level keeps those of [status]. */
    private fun logged(status: String, from: String): String {
        if (!queue.properties.logLevel.keeps(JobStatus.ofLabel(status), ofFailure = false)) return ""
        return """, logged AS (
                    INSERT INTO ${queue.logTable} (job_id, status, priority, entrypoint)
                    SELECT id, '$status', priority, entrypoint FROM $from
                )"""
    }

    private suspend fun timed(sql: String): Duration = runInterruptible(Dispatchers.IO) {
        queue.execute(settings)
        measureTime { queue.execute(sql.trimIndent()) }
    }
}
