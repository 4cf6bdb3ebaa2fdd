package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.exposed.internal.lease.LeaseRows
import io.pgqueuer.exposed.internal.lease.UNHELD
import io.pgqueuer.exposed.internal.lease.fence
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.ServerEncoding
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.lookUp
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.toJsonb
import io.pgqueuer.exposed.internal.sql.toMicros
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import java.sql.Connection
import java.sql.SQLException

/**
 * Writes the outcomes of runs, each fenced by its lease: one statement for the jobs that succeeded, one for those that
 * failed, and one for those that stay in the queue.
 *
 * All of them go through the list of leases in the order of the ids, so that concurrent statements wait for each other
 * in one order. They find every job by the primary key; see [fence].
 */
internal class SettleStatement(
    names: Names,
) {
    private val succeed = SucceedStatement(names)

    /** A run without a traceback was canceled. */
    private val fail = EngineStatement(
        """
        |WITH gone AS (
        |    DELETE FROM ${names.queue} q
        |    USING unnest(${LeaseRows.TYPES}, ?::text[]) AS run (${LeaseRows.NAMES}, traceback)
        |    WHERE ${fence("q", "run")}
        |    RETURNING run.id, run.worker, run.epoch, q.priority, q.entrypoint, run.traceback IS NULL AS asked,
        |        CASE WHEN q.cancel_requested IS NULL THEN run.traceback::jsonb END AS traceback
        |), ended AS (
        |    SELECT *, traceback IS NULL AS canceled FROM gone
        |), logged AS (
${LogRows(names).insert("ended", names.statusUnlessCanceled("'exception'"), "traceback").prependIndent("        |    ")}
        |)
        |SELECT id, worker, epoch FROM ended WHERE canceled = asked
        """.trimMargin(),
        durable = true,
    )

    private val keep = EngineStatement(
        """
        |WITH kept AS (
        |    UPDATE ${names.queue} q
        |    SET status = run.status::${names.status},
        |        $UNHELD,
        |        updated = now(),
        |        attempts = least(q.attempts, ${Int.MAX_VALUE} - 1 + (run.delay IS NULL)::int)
        |            + (run.delay IS NOT NULL)::int,
        |        rescues = 0,
        |        execute_after = coalesce(now() + run.delay * interval '1 microsecond', least(q.execute_after, now()))
        |    FROM unnest(${LeaseRows.TYPES}, ?::text[], ?::text[], ?::bigint[])
        |        AS run (${LeaseRows.NAMES}, status, traceback, delay)
        |    WHERE ${fence("q", "run")}
        |    RETURNING run.id, run.worker, run.epoch, q.priority, q.entrypoint, q.status, run.traceback::jsonb,
        |        q.cancel_requested IS NOT NULL AS canceled
        |), stayed AS (
        |    SELECT * FROM kept WHERE NOT canceled
        |), logged AS (
${LogRows(names).insert("stayed", "status", "traceback").prependIndent("        |    ")}
        |)
        |SELECT id, worker, epoch, canceled FROM kept
        """.trimMargin(),
        durable = true,
    )

    /** Ends jobs that [keep] has just let go, in the same transaction, because somebody had asked to cancel them. */
    private val drop = EngineStatement(
        """
        |WITH gone AS (
        |    DELETE FROM ${names.queue} q
        |    USING unnest(?::bigint[]) AS run (id)
        |    WHERE ${lookUp("q.id", "run.id")}
        |    RETURNING q.id, q.priority, q.entrypoint
        |), logged AS (
${LogRows(names).insert("gone", "'canceled'").prependIndent("        |    ")}
        |)
        |SELECT count(*) FROM gone
        """.trimMargin(),
        durable = true,
    )

    /**
     * Returns the leases whose outcome was written. Jobs that somebody asked to cancel are recorded as canceled, whatever
     * their outcome. Calls [onKept] in the transaction if a job stays in the queue.
     *
     * @param commits whether the transaction may be committed in the same round trip, because nothing follows.
     */
    fun run(
        connection: Connection,
        settlements: List<Settlement>,
        commits: Boolean = true,
        onKept: () -> Unit,
    ): Set<Lease> {
        val encoding = ServerEncoding.of(connection)
        return try {
            run(connection, settlements, encoding, commits, onKept)
        } catch (e: SQLException) {
            if (e.sqlState !in UNTRANSLATABLE) throw e
            // The encoding is unknown here, or PostgreSQL's encoding differs slightly from Java's of the same name.
            connection.rollback()
            run(connection, settlements, ServerEncoding.ASCII, commits, onKept)
        }
    }

    private fun run(
        connection: Connection,
        settlements: List<Settlement>,
        encoding: ServerEncoding?,
        commits: Boolean,
        onKept: () -> Unit,
    ): Set<Lease> {
        val runs = settlements.sortedWith(BY_ID)
        if (commits && SucceedStatement.canWrite(runs)) return succeed.runWhole(connection, runs)
        val settled = HashSet<Lease>()
        val (successes, others) = runs.partition { it.outcome is Outcome.Succeeded }
        successes.groupBy { it.lease.workerId }.values.forEach { settled += succeed.run(connection, it) }
        val (failures, stays) = others.map { Run(it, encoding) }.partition { it.ends }
        if (failures.isNotEmpty()) {
            settled +=
                fail.run(connection, leases(failures) + texts(failures.map { it.traceback }), read = LeaseRows::read)
        }
        if (stays.isNotEmpty()) {
            val canceled = ArrayList<Long>()
            keep.run(connection, leases(stays) + changes(stays)) { row ->
                if (row.getBoolean(4)) canceled += row.getLong(1) else settled += LeaseRows.read(row)
            }
            if (canceled.isNotEmpty()) drop.run(connection, listOf(bigints(canceled))) { }
            if (stays.any { it.lease in settled }) onKept()
        }
        return settled
    }

    private fun leases(runs: List<Run>) = LeaseRows.parameters(runs.map { it.lease })

    private fun changes(runs: List<Run>) = listOf(
        texts(runs.map { it.status.label }),
        texts(runs.map { it.traceback }),
        SqlArray("bigint", Array(runs.size) { runs[it].delay }),
    )

    /** What a run that did not succeed writes to its job. */
    private class Run(
        settlement: Settlement,
        encoding: ServerEncoding?,
    ) {
        val lease = settlement.lease
        val status: JobStatus
        val traceback: String?
        val delay: Long?

        /** Whether the job leaves the queue. */
        val ends get() = status == JobStatus.EXCEPTION || status == JobStatus.CANCELED

        init {
            when (val outcome = settlement.outcome) {
                Outcome.Succeeded -> error("$lease succeeded")

                is Outcome.Failed -> {
                    status = JobStatus.EXCEPTION
                    traceback = outcome.record.toJsonb(encoding)
                    delay = null
                }

                is Outcome.Held -> {
                    status = JobStatus.HELD
                    traceback = outcome.record.toJsonb(encoding)
                    delay = null
                }

                is Outcome.Retried -> {
                    status = JobStatus.QUEUED
                    traceback = outcome.record.toJsonb(encoding)
                    delay = outcome.delay.toMicros()
                }

                Outcome.Released -> {
                    status = JobStatus.QUEUED
                    traceback = null
                    delay = null
                }

                Outcome.Canceled -> {
                    status = JobStatus.CANCELED
                    traceback = null
                    delay = null
                }
            }
        }
    }

    companion object {
        /** Characters that do not exist in the encoding of the database, and bytes that are invalid in it. */
        private val UNTRANSLATABLE = setOf("22P05", "22021")

        /** The order in which all statements lock rows. */
        val BY_ID = Comparator<Settlement> { one, other ->
            one.lease.jobId.value.compareTo(other.lease.jobId.value)
        }
    }
}

/** SQL of the status that ends a job: [status], or canceled if somebody asked for it. */
internal fun Names.statusUnlessCanceled(status: String) =
    "CASE WHEN canceled THEN 'canceled'::${this.status} ELSE $status END"
