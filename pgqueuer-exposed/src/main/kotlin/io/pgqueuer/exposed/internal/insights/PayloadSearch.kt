package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.StoredJob
import io.pgqueuer.exposed.internal.job.JobRow
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.bigints
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection

/**
 * Finds jobs by values in payloads that are JSON. Payloads are bytes, and the server fails on bytes that it cannot read
 * as JSON. So it only selects payloads that may match, and this process looks into them.
 */
internal class PayloadSearch(
    private val names: Names,
) {
    private val listRow = JobRow.withoutPayload("q")

    /**
     * The next jobs that may match, with their payloads: at most [CHUNK], and one payload more than [CHUNK_BYTES]. By the
     * primary key, or by the index of a status.
     */
    private fun chunk(conditions: String) = """
        |SELECT id, payload
        |FROM (
        |    SELECT id, payload, sum(octet_length(payload)) OVER (ORDER BY id) - octet_length(payload) AS bytes_before
        |    FROM (
        |        SELECT q.id, q.payload
        |        FROM ${names.queue} q
        |        WHERE q.id > ? AND q.payload IS NOT NULL$conditions
        |        ORDER BY q.id
        |        LIMIT $CHUNK
        |    ) candidate
        |) candidate
        |WHERE bytes_before < $CHUNK_BYTES
        |ORDER BY id
    """.trimMargin()

    /** By the primary key. */
    private val listed = """
        SELECT ${listRow.columns}
        FROM ${names.queue} q
        WHERE q.id = ANY (?::bigint[])
        ORDER BY q.id
    """.trimIndent()

    /** @param goOn is called before each chunk, and throws when the search has taken too long. */
    fun matching(
        connection: Connection,
        filter: JobFilter,
        limit: Int,
        after: JobId?,
        goOn: () -> Unit,
    ): List<StoredJob> {
        val ids = ids(connection, filter, after, goOn).take(limit).toList()
        return connection.query(listed, listOf(bigints(ids)), read = listRow::read)
    }

    fun count(connection: Connection, filter: JobFilter, atMost: Int, goOn: () -> Unit): Int =
        ids(connection, filter, after = null, goOn).take(atMost).count()

    private fun ids(connection: Connection, filter: JobFilter, after: JobId?, goOn: () -> Unit) = sequence {
        val conditions = JobConditions(names, filter)
        val hints = filter.payloadValues.values.mapNotNull(::hintOf)
        val sql = chunk(conditions.sql + MAY_CONTAIN.repeat(hints.size))
        var last = after?.value ?: Long.MIN_VALUE
        while (true) {
            goOn()
            val parameters = listOf(last) + conditions.parameters + hints
            val candidates = connection.query(sql, parameters) { it.getLong(1) to it.getBytes(2) }
            if (candidates.isEmpty()) return@sequence
            for ((id, payload) in candidates) if (filter.matchesPayload(payload)) yield(id)
            last = candidates.last().first
        }
    }

    /** The longest part of [value] that JSON writes as it is, unless it writes characters as numbers. */
    private fun hintOf(value: String): ByteArray? =
        PLAIN.findAll(value).map { it.value }.maxByOrNull(String::length)?.encodeToByteArray()

    private companion object {
        const val CHUNK = 1_000
        const val CHUNK_BYTES = 8 * 1024 * 1024

        /**
         * `\u` stands for a character that is written as a number. In hexadecimal, as a backslash in a literal has another
         * meaning if `standard_conforming_strings` is off.
         */
        const val MAY_CONTAIN =
            " AND (position(? IN q.payload) > 0 OR position(decode('5c75', 'hex') IN q.payload) > 0)"
        val PLAIN = Regex("[A-Za-z0-9]+")
    }
}
