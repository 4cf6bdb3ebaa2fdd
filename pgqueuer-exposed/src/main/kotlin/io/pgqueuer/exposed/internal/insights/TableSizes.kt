package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.TableSize
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.texts
import java.sql.Connection

/**
 * Reads the sizes of the tables from the catalog alone.
 *
 * The server's counters give the best number of rows once a vacuum or an analysis has corrected them. Before that, for
 * example after a crash, they count from zero, even if the table has rows. The catalog's number from the last analysis
 * may then be better.
 */
internal class TableSizes(
    names: Names,
) {
    private val tables = with(names) { texts(listOf(queue, log, statistics, schedules, pauses, limits)) }

    private val sql = """
        SELECT c.relname,
            CASE WHEN coalesce(s.last_vacuum, s.last_autovacuum, s.last_analyze, s.last_autoanalyze) IS NULL
                THEN greatest(s.n_live_tup, c.reltuples::bigint, 0)
                ELSE s.n_live_tup
            END,
            coalesce(s.n_dead_tup, 0),
            pg_total_relation_size(c.oid),
            pg_indexes_size(c.oid)
        FROM unnest(?::text[]) WITH ORDINALITY AS wanted (name, place)
        JOIN pg_class c ON c.oid = wanted.name::regclass
        LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
        ORDER BY wanted.place
    """.trimIndent()

    fun run(connection: Connection): List<TableSize> = connection.query(sql, listOf(tables)) { row ->
        TableSize(row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5))
    }
}
