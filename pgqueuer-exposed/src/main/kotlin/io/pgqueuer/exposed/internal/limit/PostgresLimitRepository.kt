package io.pgqueuer.exposed.internal.limit

import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.sql.update
import io.pgqueuer.port.LimitRepository
import java.sql.Connection
import java.sql.SQLException

/**
 * The declared limits in PostgreSQL. Their table has few rows, or none.
 *
 * It reads before it writes: most workers have nothing to change, and the read needs no more than SELECT.
 */
internal class PostgresLimitRepository(
    private val names: Names,
    private val engine: Transactions,
) : LimitRepository {
    /** By the primary key. */
    private val differs = """
        SELECT EXISTS (
            SELECT FROM unnest($PARAMETERS) AS wanted (entrypoint, most)
            LEFT JOIN ${names.limits} known USING (entrypoint)
            WHERE known.concurrency_limit IS DISTINCT FROM wanted.most
        )
    """.trimIndent()

    /** By the primary key, which is the conflict's arbiter. Rows are stored in the order of the names. */
    private val store = """
        WITH wanted AS (
            SELECT * FROM unnest($PARAMETERS) AS wanted (entrypoint, most)
        ), gone AS (
            DELETE FROM ${names.limits} known
            USING wanted
            WHERE known.entrypoint = wanted.entrypoint AND wanted.most IS NULL
        )
        INSERT INTO ${names.limits} AS known (entrypoint, concurrency_limit)
        SELECT entrypoint, most FROM wanted WHERE most IS NOT NULL ORDER BY entrypoint
        ON CONFLICT (entrypoint) DO UPDATE
        SET concurrency_limit = excluded.concurrency_limit, declared = now()
        WHERE known.concurrency_limit <> excluded.concurrency_limit
    """.trimIndent()

    override suspend fun declare(limits: Map<String, Int?>): String? {
        val (entrypoints, most) = limits.entries.sortedBy { it.key }.map { it.key to it.value }.unzip()
        val parameters = listOf(texts(entrypoints), SqlArray("int", most.toTypedArray()))
        return engine.own { connection ->
            try {
                val differ = connection.query(differs, parameters) { it.getBoolean(1) }.single()
                if (differ) connection.update(store, parameters)
                null
            } catch (e: SQLException) {
                if (e.sqlState != INSUFFICIENT_PRIVILEGE) throw e
                connection.rollback()
                grant(connection)
            }
        }
    }

    private fun grant(connection: Connection) =
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ${names.limits} TO \"${connection.metaData.userName}\""

    private companion object {
        const val PARAMETERS = "?::text[], ?::int[]"
        const val INSUFFICIENT_PRIVILEGE = "42501"
    }
}
