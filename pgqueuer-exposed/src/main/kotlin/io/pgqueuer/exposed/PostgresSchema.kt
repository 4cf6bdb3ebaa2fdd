package io.pgqueuer.exposed

import io.pgqueuer.Durability
import io.pgqueuer.JobStatus
import io.pgqueuer.LogLevel
import io.pgqueuer.PythonIndexes
import io.pgqueuer.QueueProperties
import io.pgqueuer.exposed.internal.schema.Changes
import io.pgqueuer.exposed.internal.schema.Indexes
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.schema.NotifyTrigger
import io.pgqueuer.exposed.internal.schema.PropertyChanges
import io.pgqueuer.exposed.internal.schema.PropertyChanges.Companion.keepsHistory
import io.pgqueuer.exposed.internal.schema.PropertyChanges.Companion.keepsJobs
import io.pgqueuer.exposed.internal.table.LogTable
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.StatisticsTable
import io.pgqueuer.exposed.internal.table.Table

/**
 * The SQL that creates and removes the queue's database objects, as text that you can read, store, or run with other
 * tools.
 *
 * The objects are those of Python PgQueuer, so that both libraries can work on one queue. This library adds columns
 * (`lease_epoch` and `rescues` of the queue, `lease_epoch`, `zone` and `paused_at` of the schedules, worker and epoch of
 * the log), indexes, a function, and two small tables.
 *
 * @param prefix prefix of every name; default none.
 * @param schema the schema of the tables, the type and the functions, as it is written: `MyApp` is not `myapp`. Default
 * null: the first schema of the search path.
 * @throws IllegalArgumentException if either is not a plain identifier, or if it makes a name longer than PostgreSQL
 * allows.
 */
public class PostgresSchema(
    prefix: String = "",
    schema: String? = null,
) {
    private val names = Names(prefix, schema)

    private val indexes = Indexes(names)
    private val notifyTrigger = NotifyTrigger(names)
    private val changes = Changes(names)
    private val propertyChanges = PropertyChanges(names)

    /**
     * Returns the SQL that creates all objects, and the schema if it does not exist. The SQL fails if any of the
     * objects exists already.
     */
    public fun installSql(properties: QueueProperties = QueueProperties.DEFAULT): String = with(names) {
        val labels = JobStatus.entries.joinToString { "'${it.label}'" }
        val jobs = if (properties.durability.keepsJobs) "TABLE" else "UNLOGGED TABLE"
        val history = if (properties.durability.keepsHistory) "TABLE" else "UNLOGGED TABLE"
        val tables = """
            |CREATE TYPE $status AS ENUM ($labels);
            |
            |CREATE $jobs $queue (
            |${columns(QueueTable)}
            |);
            |
            |CREATE $history $log (
            |${columns(LogTable)}
            |);
            |
            |CREATE $history $statistics (
            |${columns(StatisticsTable)}
            |);
            |
            |CREATE $jobs $schedules (
            |${columns(SchedulesTable)},
            |    CONSTRAINT $schedulesKey UNIQUE (expression, entrypoint)
            |);
        """.trimMargin()
        val wanted = listOfNotNull(schema?.let(::createSchema), tables) +
            indexes.shared.map { it.comment + it.create(ifAbsent = false) } +
            listOf(notifyTrigger.createFunction, notifyTrigger.createTrigger) +
            changes.own.map { it.sql }
        wanted.joinToString("\n\n", postfix = "\n") +
            (if (properties.logLevel == LogLevel.FULL) "" else logLevelSql(properties.logLevel)) +
            (if (properties.notifications) "" else notificationsSql(false))
    }

    /** `CREATE SCHEMA IF NOT EXISTS` needs the right to create schemas even if the schema exists. */
    private fun createSchema(schema: String) = """
        |DO $$
        |BEGIN
        |    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '$schema') THEN
        |        CREATE SCHEMA "$schema";
        |    END IF;
        |END
        |$$;
    """.trimMargin()

    private fun columns(table: Table) = table.definitions(names).joinToString(",\n") { "    $it" }

    /**
     * Returns the SQL that upgrades a queue of Python PgQueuer 1.0 or later, or of an older version of this library. It
     * changes only what the database needs, and can be run again. [io.pgqueuer.SchemaManager.upgradePlan] returns what
     * a given database needs.
     *
     * It adds columns with defaults, indexes, functions and a table, and makes ids that are `int` wider. The queue and
     * its log are locked until the indexes are built, and a table whose ids become wider until it is rewritten.
     */
    public fun upgradeSql(): String = changes.all.joinToString("\n\n", postfix = "\n") { it.sql }

    /**
     * Returns the SQL that adds the indexes that only the statements of Python PgQueuer use. Without them, Python's
     * workers read the whole queue at each claim. With them, every enqueue, claim and settle costs more.
     */
    public fun pythonIndexesSql(): String = changes.of(PythonIndexes.ADD).joinToString("\n", postfix = "\n") { it.sql }

    /** Returns the SQL that drops the indexes of [pythonIndexesSql], whoever created them. */
    public fun pythonIndexesRollbackSql(): String =
        changes.of(PythonIndexes.DROP).joinToString("\n", postfix = "\n") { it.sql }

    /**
     * Returns the SQL that sets the log level. It replaces a function with a constant body, which our statements call.
     */
    public fun logLevelSql(level: LogLevel): String = propertyChanges.logLevel(level) + "\n"

    /** Returns the SQL that switches the notifications of the queue on or off; see [QueueProperties.notifications]. */
    public fun notificationsSql(on: Boolean): String = propertyChanges.notifications(on) + "\n"

    /**
     * Returns the SQL that changes the durability of all tables. A table whose durability changes is rewritten, and it
     * is locked until that is done.
     */
    public fun durabilitySql(durability: Durability): String = propertyChanges.durability(durability) + "\n"

    /**
     * Returns the SQL that sets autovacuum parameters suited to a queue. By default, PostgreSQL waits until a fraction
     * of the table is dead. That is far too late for a queue that has been long once.
     */
    public fun autovacuumSql(): String = with(names) {
        """
        |ALTER TABLE $queue SET (
        |    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
        |    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000
        |);
        |ALTER TABLE $log SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
        |
        """.trimMargin()
    }

    /** Returns the SQL that reverts [autovacuumSql]. */
    public fun autovacuumRollbackSql(): String = with(names) {
        """
        |ALTER TABLE $queue RESET (
        |    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay,
        |    autovacuum_analyze_scale_factor, autovacuum_analyze_threshold
        |);
        |ALTER TABLE $log RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor);
        |
        """.trimMargin()
    }

    /**
     * Returns the SQL that removes exactly what [installSql] creates, including all jobs. It does not drop the schema.
     */
    public fun uninstallSql(): String = with(names) {
        """
        |DROP TABLE IF EXISTS $queue, $log, $statistics, $schedules, $pauses, $limits;
        |DROP FUNCTION IF EXISTS $function(), $logLevel();
        |DROP TYPE IF EXISTS $status;
        |
        """.trimMargin()
    }
}
