package io.pgqueuer.exposed.internal.job

import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.Lease
import io.pgqueuer.domain.Outcome
import io.pgqueuer.domain.Settlement
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toJsonb
import io.pgqueuer.exposed.internal.sql.toMicros
import java.sql.Connection

/**
 * Writes the outcomes of runs, each fenced by its lease: one statement for the jobs that end, one for those that stay.
 *
 * Both are driven by the list of leases in the order of the ids, so that two of them that meet wait for each other in
 * one order, and find each job by the primary key. The status is compared as text so that no partial index fits: to a
 * planner that takes the table for empty, any of them looks as good as the key.
 */
internal class SettleStatement(
    names: Names,
) {
    private val delete = EngineStatement(
        """
        |WITH gone AS (
        |    DELETE FROM ${names.queue} q
        |    USING unnest(?::bigint[], ?::uuid[], ?::bigint[], ?::text[], ?::text[])
        |        AS run (id, worker, epoch, status, traceback)
        |    WHERE q.id = run.id AND q.queue_manager_id = run.worker AND q.lease_epoch = run.epoch
        |        AND q.status::text = 'picked'
        |    RETURNING run.id, run.worker, run.epoch, q.priority, q.entrypoint,
        |        run.status::${names.status}, run.traceback::jsonb
        |), logged AS (
${LogRows(names).insert("gone", "status", "traceback").prependIndent("        |    ")}
        |)
        |SELECT id, worker, epoch FROM gone
        """.trimMargin(),
        durable = true,
    )

    private val update = EngineStatement(
        """
        |WITH kept AS (
        |    UPDATE ${names.queue} q
        |    SET status = run.status::${names.status},
        |        queue_manager_id = NULL,
        |        updated = now(),
        |        attempts = q.attempts + (run.delay IS NOT NULL)::int,
        |        execute_after = coalesce(now() + run.delay * interval '1 microsecond', least(q.execute_after, now()))
        |    FROM unnest(?::bigint[], ?::uuid[], ?::bigint[], ?::text[], ?::text[], ?::bigint[])
        |        AS run (id, worker, epoch, status, traceback, delay)
        |    WHERE q.id = run.id AND q.queue_manager_id = run.worker AND q.lease_epoch = run.epoch
        |        AND q.status::text = 'picked'
        |    RETURNING run.id, run.worker, run.epoch, q.priority, q.entrypoint, q.status, run.traceback::jsonb
        |), logged AS (
${LogRows(names).insert("kept", "status", "traceback").prependIndent("        |    ")}
        |)
        |SELECT id, worker, epoch FROM kept
        """.trimMargin(),
        durable = true,
    )

    /** What was written, by what became of the jobs. */
    class Settled(
        val ended: List<Lease>,
        val kept: List<Lease>,
    )

    fun run(connection: Connection, settlements: List<Settlement>): Settled {
        val (ending, staying) = settlements.sortedBy { it.lease.jobId }.map(::Run).partition { it.status.isTerminal }
        return Settled(
            ended = if (ending.isEmpty()) emptyList() else delete.run(connection, parameters(ending), ::lease),
            kept = if (staying.isEmpty()) {
                emptyList()
            } else {
                val delays = SqlArray("bigint", Array(staying.size) { staying[it].delay })
                update.run(connection, parameters(staying) + delays, ::lease)
            },
        )
    }

    private fun parameters(runs: List<Run>) = leaseParameters(runs.map { it.lease }) + listOf(
        texts(runs.map { it.status.label }),
        texts(runs.map { it.traceback }),
    )

    private class Run(settlement: Settlement) {
        val lease = settlement.lease
        val status: JobStatus
        val traceback: String?
        val delay: Long?

        init {
            when (val outcome = settlement.outcome) {
                Outcome.Succeeded -> {
                    status = JobStatus.SUCCESSFUL
                    traceback = null
                    delay = null
                }

                is Outcome.Failed -> {
                    status = JobStatus.EXCEPTION
                    traceback = outcome.record.toJsonb()
                    delay = null
                }

                is Outcome.Held -> {
                    status = JobStatus.FAILED
                    traceback = outcome.record.toJsonb()
                    delay = null
                }

                is Outcome.Retried -> {
                    status = JobStatus.QUEUED
                    traceback = outcome.record.toJsonb()
                    delay = outcome.delay.toMicros()
                }

                Outcome.Released -> {
                    status = JobStatus.QUEUED
                    traceback = null
                    delay = null
                }
            }
        }
    }
}
