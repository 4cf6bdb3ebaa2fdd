package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.ServerEncoding
import io.pgqueuer.exposed.internal.sql.longs
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.table.Parameter
import io.pgqueuer.exposed.internal.table.QueueTable
import java.sql.Connection
import java.util.concurrent.ConcurrentHashMap

/**
 * Stores new jobs with their log rows: with one statement for every chunk, or a large batch by COPY.
 *
 * Values that are the same for all jobs of a chunk, as most are, are sent once.
 */
internal class EnqueueStatement(
    private val names: Names,
) {
    private val fillings = QueueTable.filled
    private val parameters = fillings.flatMap { it.parameters }

    /**
     * The last parameter, the payload, is always an array: it differs from job to job, and one parameter must be an
     * array.
     */
    private val payload = parameters.last()
    private val others = parameters - payload

    /** Cached by which parameters vary, and by whether there are dedupe keys. */
    private val statements = ConcurrentHashMap<Pair<List<Parameter<*, *>>, Boolean>, String>()

    /** Ids are drawn in the order of the input. Rows without a dedupe key are stored in this order. */
    private fun sql(varying: List<Parameter<*, *>>, haveKeys: Boolean): String {
        val same = others - varying.toSet()
        val common = if (same.isEmpty()) "" else same.joinToString(prefix = ", ") { "?::${it.type} AS ${it.name}" }
        return """
            |WITH numbered AS (
            |    SELECT nextval((SELECT pg_get_serial_sequence('${names.queue}', 'id')::regclass)) AS id, job.*$common
            |    FROM unnest(${varying.joinToString { "?::${it.type}[]" }}) AS job (${varying.joinToString { it.name }})
            |), stored AS (
            |    INSERT INTO ${names.queue} (id, status, ${fillings.joinToString { it.column.name }})
            |    SELECT id, 'queued', ${fillings.joinToString { it.value }}
            |    FROM numbered
            |    ${if (haveKeys) RESOLVING_CONFLICTS else ""}
            |    RETURNING id, priority, entrypoint, dedupe_key
            |), logged AS (
${LogRows(names).insert("stored", "'queued'").prependIndent("            |    ")}
            |)
            |SELECT ${if (haveKeys) "id, dedupe_key" else "array_agg(id)"} FROM stored
        """.trimMargin()
    }

    private val copy = CopyEnqueue(names)

    /** Returns the new ids in the order of [jobs]; null if a dedupe key was taken. */
    fun run(connection: Connection, jobs: List<NewJob>): List<JobId?> {
        ServerEncoding.of(connection)?.let { jobs.forEach(it::requireStorable) }
        val haveKeys = jobs.any { it.dedupeKey != null }
        if (jobs.size > MAX_JOBS && !haveKeys) return copy.run(connection, jobs)
        return jobs.chunked().flatMap { chunk ->
            val (same, various) = others.partition { it.isTheSameFor(chunk) }
            val varying = various + payload
            val sql = statements.computeIfAbsent(varying to haveKeys) { sql(varying, haveKeys) }
            val parameters = same.map { it.valueFor(chunk.first()) } + varying.map { it.toArray(chunk) }
            if (haveKeys) {
                align(chunk, connection.query(sql, parameters) { it.getLong(1) to it.getString(2) })
            } else {
                connection.query(sql, parameters) { it.longs(1) }.single().sorted().map(::JobId)
            }
        }
    }

    /** Ids ascend in the order of the input. The key shows which job was left out. */
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
        /**
         * Rows are inserted in the order of dedupe keys, so that concurrent batches wait for each other in one order.
         * Of equal keys, the first wins. The conflict's arbiter is the unique index on dedupe_key. This also makes rows
         * without a key slower.
         */
        const val RESOLVING_CONFLICTS = "ORDER BY dedupe_key, id ON CONFLICT (dedupe_key) " +
            "WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING"

        const val MAX_JOBS = 10_000

        /** The limit of payload bytes; the driver and the server each hold a chunk more than once. */
        const val MAX_BYTES = 64L * 1024 * 1024
    }
}
