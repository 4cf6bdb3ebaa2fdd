package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
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

    /** What a statement does with dedupe keys. */
    private enum class Keys {
        /** No job has one. */
        NONE,

        /** A job whose key is taken is left out. */
        SKIP,

        /** A job whose key is taken is left out, and gives its priority to the active job. */
        RAISE_PRIORITY,
    }

    /** Cached by which parameters vary, and by what is done with dedupe keys. */
    private val statements = ConcurrentHashMap<Pair<List<Parameter<*, *>>, Keys>, String>()

    /** Ids are drawn in the order of the input. Rows without a dedupe key are stored in this order. */
    private fun sql(varying: List<Parameter<*, *>>, keys: Keys): String {
        val same = others - varying.toSet()
        val common = if (same.isEmpty()) "" else same.joinToString(prefix = ", ") { "?::${it.type} AS ${it.name}" }
        return """
            |WITH numbered AS (
            |    SELECT nextval((SELECT pg_get_serial_sequence('${names.queue}', 'id')::regclass)) AS id, job.*$common
            |    FROM unnest(${varying.joinToString { "?::${it.type}[]" }}) AS job (${varying.joinToString { it.name }})
            |), stored AS (
            |    INSERT INTO ${names.queue} AS active (id, status, ${fillings.joinToString { it.column.name }})
            |    SELECT id, 'queued', ${fillings.joinToString { it.value }}
            |    FROM numbered
            |    ${resolving(keys)}
            |    RETURNING id, priority, entrypoint, dedupe_key
            |), logged AS (
${LogRows(
            names,
        ).insert(if (keys == Keys.RAISE_PRIORITY) NEW else "stored", "'queued'").prependIndent("            |    ")}
            |)
            |SELECT ${if (keys == Keys.NONE) "array_agg(id)" else "id, dedupe_key"} FROM stored
        """.trimMargin()
    }

    private val copy = CopyEnqueue(names)

    /**
     * Returns the new ids in the order of [jobs]. If a dedupe key is taken, the id is null, or that of the active job if
     * [onConflict] raises its priority.
     */
    fun run(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
        ServerEncoding.of(connection)?.let { jobs.forEach(it::requireStorable) }
        val keys = when {
            jobs.none { it.dedupeKey != null } -> Keys.NONE
            onConflict == OnConflict.RAISE_PRIORITY -> Keys.RAISE_PRIORITY
            else -> Keys.SKIP
        }
        return when (keys) {
            Keys.NONE if jobs.size > MAX_JOBS -> copy.run(connection, jobs)
            Keys.NONE, Keys.SKIP -> jobs.chunked().flatMap { insert(connection, it, keys) }
            Keys.RAISE_PRIORITY -> raising(connection, jobs)
        }
    }

    /** One statement can change a row only once: jobs of the same key become one, with the highest priority. */
    private fun raising(connection: Connection, jobs: List<NewJob>): List<JobId?> {
        val byKey = LinkedHashMap<Any, NewJob>()
        jobs.forEachIndexed { index, job ->
            byKey.merge(job.dedupeKey ?: index, job) { first, other ->
                if (other.priority > first.priority) first.with { priority = other.priority } else first
            }
        }
        val ids = byKey.values.toList().chunked().flatMap { insert(connection, it, Keys.RAISE_PRIORITY) }
        val idOf = byKey.keys.zip(ids).toMap()
        return jobs.mapIndexed { index, job -> idOf[job.dedupeKey ?: index] }
    }

    private fun insert(connection: Connection, chunk: List<NewJob>, keys: Keys): List<JobId?> {
        val (same, various) = others.partition { it.isTheSameFor(chunk) }
        val varying = various + payload
        val sql = statements.computeIfAbsent(varying to keys) { sql(varying, keys) }
        val parameters = same.map { it.valueFor(chunk.first()) } + varying.map { it.toArray(chunk) }
        if (keys == Keys.NONE) return connection.query(sql, parameters) { it.longs(1) }.single().sorted().map(::JobId)
        val stored = connection.query(sql, parameters) { JobId(it.getLong(1)) to it.getString(2) }
        return align(chunk, stored)
    }

    /** Ids of jobs without a key ascend in the order of the input. The first job with a key was stored. */
    private fun align(jobs: List<NewJob>, stored: List<Pair<JobId, String?>>): List<JobId?> {
        val (keyed, others) = stored.partition { it.second != null }
        val idOf = keyed.associateTo(HashMap()) { (id, key) -> key to id }
        val ids = others.map { it.first }.sorted().iterator()
        return jobs.map { job -> job.dedupeKey?.let(idOf::remove) ?: if (job.dedupeKey == null) ids.next() else null }
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

    /**
     * Rows are inserted in the order of dedupe keys, so that concurrent batches wait for each other in one order. Of
     * equal keys, the first wins. The conflict's arbiter is the unique index on dedupe_key. This also makes rows without
     * a key slower.
     */
    private fun resolving(keys: Keys): String {
        val then = when (keys) {
            Keys.NONE -> return ""
            Keys.SKIP -> "NOTHING"
            Keys.RAISE_PRIORITY -> "UPDATE SET priority = greatest(active.priority, excluded.priority)"
        }
        return "ORDER BY dedupe_key, id ON CONFLICT (dedupe_key) " +
            "WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO $then"
    }

    private companion object {
        /** Those of the stored rows that are new. */
        const val NEW = "(SELECT stored.* FROM stored JOIN numbered USING (id)) AS new"

        const val MAX_JOBS = 10_000

        /** The limit of payload bytes; the driver and the server each hold a chunk more than once. */
        const val MAX_BYTES = 64L * 1024 * 1024
    }
}
