package io.pgqueuer.exposed.internal.sql

import java.sql.Connection
import java.sql.ResultSet

/**
 * A statement of a worker's hot path, with the settings that it needs; all of them in one round trip.
 *
 * The settings last for the transaction. They force the planner to use the indexes that were made for the statement.
 * The statistics of a queue table are nearly always wrong, and a plan that was chosen for an empty table reads all of a
 * full one. As the planner has no choice left, each connection makes one generic plan and keeps it. Sorting is
 * discouraged so that ordered branches are merged lazily. JIT compilation is off, as the cost that this adds to plans
 * would trigger it.
 *
 * The isolation level is always READ COMMITTED, whatever the connection's default: a statement must see what was
 * committed while an earlier one of its transaction waited for a lock.
 *
 * @param sql the statement; it returns rows.
 * @param durable whether its commit waits for the disk. If a crash of the server undoes a claim or a heartbeat, the job
 * is only claimed again.
 * @param also what to set, too; see [settings].
 */
internal class EngineStatement(
    sql: String,
    durable: Boolean,
    also: List<String> = emptyList(),
) {
    private val statements = listOf(READ_COMMITTED, settings(durable, also), sql)

    /** All statements, in the order in which they run. */
    val text: String = statements.joinToString(";\n")

    private val whole = listOf(BEGIN, settings(durable, also), sql, COMMIT).joinToString(";\n")

    /** Runs it in the transaction of [connection], of which it is the first statement. */
    fun <T> run(connection: Connection, parameters: List<Any?>, read: (ResultSet) -> T): List<T> =
        connection.query(text, parameters, leading = statements.size - 1, read)

    /** Runs it in a transaction of its own, from `BEGIN` to `COMMIT` in one round trip. */
    fun <T> runWhole(connection: Connection, parameters: List<Any?>, read: (ResultSet) -> T): List<T> =
        connection.withoutTransaction { connection.query(whole, parameters, leading = statements.size - 1, read) }

    companion object {
        /** Must be the first statement of its transaction. */
        const val READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"

        /** Begins a transaction whose statements are all sent in one round trip; see [withoutTransaction]. */
        const val BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"

        /** Ends it. */
        const val COMMIT = "COMMIT"

        /**
         * The statement that makes the settings for a transaction; see above. Its result is ignored.
         *
         * @param also what it selects, too, after the settings.
         */
        fun settings(durable: Boolean, also: List<String> = emptyList()): String =
            (listOf(SETTINGS, if (durable) LOCKS else ASYNCHRONOUS) + also).joinToString()

        /** One locked row must not delay the outcomes of a thousand others. */
        private const val LOCKS = "set_config('lock_timeout', '1s', true)"
        private const val ASYNCHRONOUS = "set_config('synchronous_commit', 'off', true)"
        private val SETTINGS = listOf(
            "enable_seqscan" to "off",
            "enable_bitmapscan" to "off",
            "enable_hashjoin" to "off",
            "enable_mergejoin" to "off",
            "enable_sort" to "off",
            "max_parallel_workers_per_gather" to "0",
            "jit" to "off",
            "plan_cache_mode" to "force_generic_plan",
        ).joinToString(prefix = "SELECT ") { (name, value) -> "set_config('$name', '$value', true)" }
    }
}
