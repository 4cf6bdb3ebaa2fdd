package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.JobFilter
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.toMicros

/** A [filter] of jobs in SQL: conditions on the alias `q` of the queue, and their [parameters] in order. */
internal class JobConditions(
    names: Names,
    filter: JobFilter,
) {
    private val conditions: List<Pair<String, List<Any>>> = listOfNotNull(
        // A literal, so that the indexes of one status fit.
        filter.status?.let { "q.status = '${it.label}'" to emptyList() },
        filter.entrypoint?.let { "q.entrypoint = ?" to listOf(it) },
        filter.priority?.let { "q.priority = ?" to listOf(it) },
        filter.workerId?.let { "q.status = 'picked' AND q.queue_manager_id = ?" to listOf(it.value) },
        filter.dedupeKey?.let { "q.dedupe_key = ?" to listOf(it) },
        filter.minAge?.let { "q.created <= now() - ? * interval '1 microsecond'" to listOf(it.toMicros()) },
        filter.failure?.let { "q.status = 'failed' AND EXISTS (\n${failedWith(names)}\n)" to listOf(it, it) },
        filter.payloadText?.let { "position(? IN q.payload) > 0" to listOf(it.encodeToByteArray()) },
    ) + filter.headers.map { (name, value) ->
        "q.headers ->> ? = ? AND jsonb_typeof(q.headers -> ?) IN ('string', 'number', 'boolean')" to
            listOf(name, value, name)
    }

    /** By the log's index on `(job_id, created)`, for each held job. */
    private fun failedWith(names: Names) = """
        |SELECT FROM (
        |${newestLogRow(names.log, "entry.traceback", "q.id", "entry.status::text = 'failed'")}
        |) failure
        |WHERE ${isFailure("failure.traceback")}
    """.trimMargin()

    val sql: String = conditions.joinToString("") { " AND ${it.first}" }

    val parameters: List<Any> = conditions.flatMap { it.second }
}

/** SQL that is true if the record [traceback] is of a type, which is passed twice: with or without its package. */
internal fun isFailure(traceback: String) = "($traceback ->> 'exception_type' = ?" +
    " OR regexp_replace($traceback ->> 'exception_type', '^.*[.$]', '') = ?)"
