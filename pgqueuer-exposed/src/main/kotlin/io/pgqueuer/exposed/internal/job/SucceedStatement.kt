package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.exposed.internal.lease.fence
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.longs
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import java.sql.Connection
import java.sql.ResultSet

/** Ends jobs of one worker that succeeded. */
internal class SucceedStatement(
    names: Names,
) {
    val sql =
        """
        |WITH gone AS (
        |    DELETE FROM ${names.queue} q
        |    USING unnest(?::bigint[], ?::bigint[]) AS run (id, epoch)
        |    WHERE ${fence("q", "run.id", "?", "run.epoch")}
        |    RETURNING q.id, q.priority, q.entrypoint, q.lease_epoch, q.cancel_requested IS NOT NULL AS canceled
        |), logged AS (
${LogRows(names).insert("gone", names.statusUnlessCanceled("'successful'")).prependIndent("        |    ")}
        |)
        |SELECT count(*), array_agg(id), array_agg(lease_epoch) FROM gone WHERE NOT canceled
        """.trimMargin()

    private val statement = EngineStatement(sql, durable = true)

    /** @param runs in the order of their ids. */
    fun parameters(runs: List<Settlement>): List<Any?> = listOf(
        SqlArray("bigint", Array(runs.size) { runs[it].lease.jobId.value }),
        SqlArray("bigint", Array(runs.size) { runs[it].lease.epoch }),
        runs.first().lease.workerId.value,
    )

    /** Reads which of [runs] were settled. */
    fun read(row: ResultSet, runs: List<Settlement>): Set<Lease> {
        if (row.getInt(1) == runs.size) return runs.mapTo(HashSet(runs.size * 2)) { it.lease }
        val worker = runs.first().lease.workerId
        return row.longs(2).zip(row.longs(3)).mapTo(HashSet()) { (id, epoch) -> Lease(JobId(id), worker, epoch) }
    }

    fun run(connection: Connection, runs: List<Settlement>): Set<Lease> =
        statement.run(connection, parameters(runs)) { read(it, runs) }.single()

    /** Runs it in a transaction of its own. */
    fun runWhole(connection: Connection, runs: List<Settlement>): Set<Lease> =
        statement.runWhole(connection, parameters(runs)) { read(it, runs) }.single()

    companion object {
        /** Whether one statement can write all [settlements]. */
        fun canWrite(settlements: List<Settlement>): Boolean {
            val worker = settlements.first().lease.workerId
            return settlements.all { it.outcome is Outcome.Succeeded && it.lease.workerId == worker }
        }
    }
}
