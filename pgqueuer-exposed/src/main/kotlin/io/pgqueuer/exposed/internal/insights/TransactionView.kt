package io.pgqueuer.exposed.internal.insights

import io.pgqueuer.OldestTransaction
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.microsOf
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection
import kotlin.time.Duration.Companion.microseconds

/**
 * Finds what keeps the server from removing dead rows: sessions with a snapshot, prepared transactions and replication
 * slots. Those of other databases count for a slot alone. A session without a snapshot has no `backend_xmin`, and does no
 * harm.
 *
 * Source: PostgreSQL's manual on routine vacuuming, and the views `pg_stat_activity`, `pg_prepared_xacts` and
 * `pg_replication_slots`.
 */
internal class TransactionView {
    private val sql = """
        SELECT holder, ${microsOf("now() - since")}, transactions
        FROM (
            SELECT concat_ws(' ', 'session', pid, 'of', usename, '(' || nullif(application_name, '') || '),', state)
                    AS holder,
                xact_start AS since, age(backend_xmin) AS transactions
            FROM pg_stat_activity
            WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'
                AND (datname = current_database() OR backend_type = 'walsender')
            UNION ALL
            SELECT 'the prepared transaction ' || quote_literal(gid), prepared, age(transaction)
            FROM pg_prepared_xacts
            WHERE database = current_database()
            UNION ALL
            SELECT 'the replication slot ' || slot_name, NULL, age(xmin)
            FROM pg_replication_slots
            WHERE xmin IS NOT NULL
        ) held
        ORDER BY transactions DESC, since
        LIMIT 1
    """.trimIndent()

    fun run(connection: Connection): OldestTransaction? = connection.query(sql) { row ->
        OldestTransaction(row.getString(1), age = row.longOrNull(2)?.microseconds, transactions = row.getLong(3))
    }.singleOrNull()
}
