package io.pgqueuer.exposed

import io.pgqueuer.Durability
import io.pgqueuer.JobStatus
import io.pgqueuer.LogLevel
import io.pgqueuer.QueueProperties
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.table.LogTable
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.SettingsTable
import io.pgqueuer.exposed.internal.table.StatisticsTable
import io.pgqueuer.exposed.internal.table.Table

/**
 * The SQL that creates and removes the queue's database objects, as text that you can read, store, or run with other
 * tools.
 *
 * The objects are those of Python PgQueuer, so that both libraries can work on one queue. This library adds columns
 * (`lease_epoch` and `rescues` of the queue, `lease_epoch` of the schedules), indexes, a function, and a table of
 * settings.
 *
 * @param prefix prefix of every name; default none.
 * @param schema the schema of the tables, the type and the function; default null: the first schema of the search path.
 * @throws IllegalArgumentException if either is not a plain identifier, or if it makes a name longer than PostgreSQL
 * allows.
 */
public class PostgresSchema(
    prefix: String = "",
    schema: String? = null,
) {
    private val names = Names(prefix, schema)

    /** Returns the SQL that creates all objects, including the schema. The SQL fails if any of them exists already. */
    public fun installSql(properties: QueueProperties = QueueProperties.DEFAULT): String = with(names) {
        val labels = JobStatus.entries.joinToString { "'${it.label}'" }
        val jobs = if (properties.durability.keepsJobs) "TABLE" else "UNLOGGED TABLE"
        val history = if (properties.durability.keepsHistory) "TABLE" else "UNLOGGED TABLE"
        val createSchema = schema?.let { "CREATE SCHEMA IF NOT EXISTS \"$it\";\n\n" } ?: ""
        """
        |CREATE TYPE $status AS ENUM ($labels);
        |
        |CREATE $jobs $queue (
        |${columns(QueueTable)}
        |);
        |
        |-- At most one active job for each dedupe key; the conflict target of every enqueue.
        |CREATE UNIQUE INDEX $dedupeIndex ON $queue (dedupe_key)
        |    WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL;
        |
        |CREATE $history $log (
        |${columns(LogTable)}
        |);
        |CREATE INDEX $logIndex ON $log (job_id, created DESC);
        |
        |CREATE $history $statistics (
        |${columns(StatisticsTable)}
        |);
        |CREATE UNIQUE INDEX $statisticsIndex ON $statistics
        |    (priority, date_trunc('sec', created AT TIME ZONE 'UTC'), status, entrypoint);
        |
        |CREATE $jobs $schedules (
        |${columns(SchedulesTable)},
        |    CONSTRAINT $schedulesKey UNIQUE (expression, entrypoint)
        |);
        |
        |-- Wakes workers. An update wakes nobody: claims and heartbeats are updates. sent_at is the time of the
        |-- transaction, so that PostgreSQL sends equal events of one transaction once.
        |CREATE FUNCTION $function() RETURNS trigger LANGUAGE plpgsql AS $$
        |BEGIN
        |    IF TG_OP <> 'UPDATE' THEN
        |        PERFORM pg_notify('$channel', json_build_object(
        |            'channel', '$channel',
        |            'operation', lower(TG_OP),
        |            'sent_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
        |            'table', TG_TABLE_NAME,
        |            'type', 'table_changed_event'
        |        )::text);
        |    END IF;
        |    RETURN NULL;
        |END
        |$$;
        |
        |CREATE TRIGGER $trigger
        |    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON $queue
        |    FOR EACH STATEMENT EXECUTE FUNCTION $function();
        |
        """.trimMargin().let {
            createSchema + it + upgradeSql() +
                (if (properties.logLevel == LogLevel.FULL) "" else logLevelSql(properties.logLevel)) +
                (if (properties.notifications) "" else notificationsSql(false))
        }
    }

    /**
     * Returns the SQL that upgrades a queue of Python PgQueuer, or of an older version of this library. It adds columns
     * with defaults, indexes, a function and a table. Python ignores all of them. Existing objects are not changed.
     * Creating the indexes blocks writers to the queue and its log until it is done.
     */
    public fun upgradeSql(): String = with(names) {
        """
        |${additions(queue, QueueTable)}
        |
        |-- Every queued job is in exactly one of the next two indexes: in the order of claims if it was due at once, by
        |-- its due time if it had to wait. Jobs that are not due yet therefore cost a claim nothing, however many.
        |CREATE INDEX IF NOT EXISTS $immediateIndex ON $queue (entrypoint, priority DESC, id)
        |    WHERE status = 'queued' AND execute_after <= created;
        |CREATE INDEX IF NOT EXISTS $deferredIndex ON $queue (entrypoint, execute_after)
        |    WHERE status = 'queued' AND execute_after > created;
        |
        |-- Counts what runs, for concurrency limits, and finds expired leases.
        |CREATE INDEX IF NOT EXISTS $pickedIndex ON $queue (entrypoint, heartbeat) WHERE status = 'picked';
        |
        |-- Python PgQueuer refuses to start without it from 1.4 on. Only its own running jobs are in it.
        |CREATE UNIQUE INDEX IF NOT EXISTS $slotIndex ON $queue (entrypoint, slot)
        |    WHERE status = 'picked' AND slot IS NOT NULL;
        |
        |-- Lists held jobs.
        |CREATE INDEX IF NOT EXISTS $heldIndex ON $queue (id) WHERE status = 'failed';
        |
        |${additions(schedules, SchedulesTable)}
        |
        |-- The log that is not counted yet, oldest first: empty most of the time, however long the log.
        |CREATE INDEX IF NOT EXISTS $unaggregatedIndex ON $log (id) WHERE NOT aggregated;
        |
        |-- Windows of time. Log rows are written in the order of time: a summary of each block is as good as an entry
        |-- for each row, and costs writers almost nothing.
        |CREATE INDEX IF NOT EXISTS $logWindowIndex ON $log USING brin (created) WITH (autosummarize = on);
        |CREATE INDEX IF NOT EXISTS $statisticsWindowIndex ON $statistics (created);
        |
        |-- What all who use the queue agree on, and may change with no more than INSERT, UPDATE and DELETE on this table.
        |-- It is as durable as the queue.
        |CREATE TABLE IF NOT EXISTS $settings (
        |${columns(SettingsTable)}
        |);
        |DO $$
        |BEGIN
        |    IF (SELECT relpersistence = 'u' FROM pg_class WHERE oid = '$queue'::regclass) THEN
        |        ALTER TABLE $settings SET UNLOGGED;
        |    END IF;
        |END
        |$$;
        |
        |-- What the log keeps: ${LogLevel.entries.joinToString { it.label }}.
        |DO $$
        |BEGIN
        |    IF to_regprocedure('$logLevel()') IS NULL THEN
        |        ${createLogLevel("CREATE", LogLevel.FULL)}
        |    END IF;
        |END
        |$$;
        |
        """.trimMargin()
    }

    private fun columns(table: Table) = table.definitions(names).joinToString(",\n") { "    $it" }

    private fun additions(name: String, table: Table) =
        "ALTER TABLE $name\n" + table.additions(names).joinToString(",\n", postfix = ";") { "    $it" }

    /**
     * Returns the SQL that sets the log level. It replaces a function with a constant body, which our statements call.
     */
    public fun logLevelSql(level: LogLevel): String = createLogLevel("CREATE OR REPLACE", level) + "\n"

    private fun createLogLevel(create: String, level: LogLevel) =
        "$create FUNCTION ${names.logLevel}() RETURNS text LANGUAGE sql STABLE " +
            "AS \$level\$SELECT '${level.label}'::text\$level\$;"

    /** Returns the SQL that switches the notifications of the queue on or off; see [QueueProperties.notifications]. */
    public fun notificationsSql(on: Boolean): String = with(names) {
        "ALTER TABLE $queue ${if (on) "ENABLE" else "DISABLE"} TRIGGER $trigger;\n"
    }

    /**
     * Returns the SQL that changes the durability of all tables. A table whose durability changes is rewritten, and it
     * is locked until that is done.
     */
    public fun durabilitySql(durability: Durability): String = with(names) {
        val jobs = if (durability.keepsJobs) "LOGGED" else "UNLOGGED"
        val history = if (durability.keepsHistory) "LOGGED" else "UNLOGGED"
        """
        |ALTER TABLE $queue SET $jobs;
        |ALTER TABLE $schedules SET $jobs;
        |ALTER TABLE $settings SET $jobs;
        |ALTER TABLE $log SET $history;
        |ALTER TABLE $statistics SET $history;
        |
        """.trimMargin()
    }

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
        |DROP TABLE IF EXISTS $queue, $log, $statistics, $schedules, $settings;
        |DROP FUNCTION IF EXISTS $function(), $logLevel();
        |DROP TYPE IF EXISTS $status;
        |
        """.trimMargin()
    }
}

private val Durability.keepsJobs get() = this != Durability.VOLATILE

private val Durability.keepsHistory get() = this == Durability.DURABLE
