package io.pgqueuer.exposed.internal.job

import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.NewJob
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.longs
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.toJsonb
import io.pgqueuer.exposed.internal.sql.toMicros
import java.sql.Connection

/** Stores new jobs with their log rows, in one statement for each chunk, or a large batch by COPY. */
internal class EnqueueStatement(
    names: Names,
) {
    private val numbered = """
        |WITH numbered AS (
        |    SELECT nextval((SELECT pg_get_serial_sequence('${names.queue}', 'id')::regclass)) AS id, job.*
        |    FROM unnest(?::int[], ?::text[], ?::bytea[], ?::bigint[], ?::text[], ?::text[])
        |        AS job (priority, entrypoint, payload, delay, dedupe_key, headers)
        |), stored AS (
        |    INSERT INTO ${names.queue}
        |        (id, priority, entrypoint, payload, execute_after, dedupe_key, headers, created, updated, status)
        |    SELECT id, priority, entrypoint, payload, now() + delay * interval '1 microsecond', dedupe_key,
        |        headers::jsonb, now(), now(), 'queued'
        |    FROM numbered
    """.trimMargin()

    private val logged = """
        |    RETURNING id, priority, entrypoint, dedupe_key
        |), logged AS (
${LogRows(names).insert("stored", "'queued'").prependIndent("        |    ")}
        |)
    """.trimMargin()

    /** Ids are drawn in the order of the input, and so are rows without a dedupe key stored. */
    private val withoutKeys = """
        |$numbered
        |$logged
        |SELECT array_agg(id) FROM stored
    """.trimMargin()

    /**
     * Rows go in by dedupe key, so that two batches that meet wait for each other in one order; the first of equal keys
     * wins. The conflict's arbiter is the unique index on dedupe_key. It costs rows without a key, too.
     */
    private val withKeys = """
        |$numbered
        |    ORDER BY dedupe_key, id
        |    ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING
        |$logged
        |SELECT id, dedupe_key FROM stored
    """.trimMargin()

    private val copy = CopyEnqueue(names)

    /** Returns the new ids in the order of [jobs], null where a dedupe key was taken. */
    fun run(connection: Connection, jobs: List<NewJob>): List<JobId?> {
        val haveKeys = jobs.any { it.dedupeKey != null }
        if (jobs.size > MAX_JOBS && !haveKeys) return copy.run(connection, jobs)
        val chunks = jobs.chunked()
        return if (haveKeys) {
            chunks.flatMap { chunk ->
                align(chunk, connection.query(withKeys, parameters(chunk)) { it.getLong(1) to it.getString(2) })
            }
        } else {
            chunks.flatMap { chunk -> connection.query(withoutKeys, parameters(chunk)) { it.longs(1) }.single() }
                .sorted()
                .map(::JobId)
        }
    }

    private fun parameters(jobs: List<NewJob>): List<SqlArray> = listOf(
        SqlArray("int", Array(jobs.size) { jobs[it].priority }),
        SqlArray("text", Array(jobs.size) { jobs[it].entrypoint }),
        SqlArray("bytea", Array(jobs.size) { jobs[it].payload }),
        SqlArray("bigint", Array(jobs.size) { jobs[it].executeAfter.toMicros() }),
        SqlArray("text", Array(jobs.size) { jobs[it].dedupeKey }),
        SqlArray("text", Array(jobs.size) { jobs[it].headers?.toJsonb() }),
    )

    /** Ids ascend as the input does; what is left out is told by its key. */
    private fun align(jobs: List<NewJob>, stored: List<Pair<Long, String?>>): List<JobId?> {
        val ids = stored.map { it.first }.sorted().iterator()
        val keys = stored.mapNotNullTo(HashSet()) { it.second }
        return jobs.map { job ->
            val key = job.dedupeKey
            if (key == null || keys.remove(key)) JobId(ids.next()) else null
        }
    }

    private fun List<NewJob>.chunked(): List<List<NewJob>> {
        val chunks = mutableListOf<List<NewJob>>()
        var start = 0
        var bytes = 0L
        forEachIndexed { index, job ->
            val size = job.payload?.size ?: 0
            if (index > start && (index - start == MAX_JOBS || bytes + size > MAX_BYTES)) {
                chunks += subList(start, index)
                start = index
                bytes = 0
            }
            bytes += size
        }
        return chunks + listOf(subList(start, this.size))
    }

    private companion object {
        const val MAX_JOBS = 10_000

        /** Of payload; the driver and the server each hold a chunk more than once. */
        const val MAX_BYTES = 64L * 1024 * 1024
    }
}
