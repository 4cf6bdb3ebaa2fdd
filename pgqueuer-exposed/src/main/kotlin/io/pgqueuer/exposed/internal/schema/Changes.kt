package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.LogLevel
import io.pgqueuer.exposed.internal.table.Column
import io.pgqueuer.exposed.internal.table.LogTable
import io.pgqueuer.exposed.internal.table.LongColumn
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.SettingsTable
import io.pgqueuer.exposed.internal.table.StatisticsTable
import io.pgqueuer.exposed.internal.table.Table

/** All changes that lead from Python PgQueuer's schema, or an older one of ours, to that of this version, in order. */
internal class Changes(
    private val names: Names,
) {
    private val indexes = Indexes(names)
    private val trigger = NotifyTrigger(names)

    /** Our own objects; [all] adds those that Python PgQueuer's schema may lack or have in another form. */
    val own: List<Change> = buildList {
        addAll(addedColumns(names.queueTable, names.queue, QueueTable))
        addAll(addedColumns(names.schedulesTable, names.schedules, SchedulesTable))
        indexes.added.forEach { add(index(it)) }
        add(settings())
        add(logLevel())
    }

    val all: List<Change> = buildList {
        addAll(wideNumbers())
        add(brokenIndexes())
        indexes.shared.forEach { add(index(it)) }
        add(respelledIndex())
        add(retiredIndex())
        add(secondsWithZone())
        addAll(notification())
        addAll(renamedIndex())
        addAll(own)
    }

    /** The indexes that only Python PgQueuer's statements use. */
    val pythonIndexes: List<Change> = indexes.pythons.map(::index)

    private fun addedColumns(table: String, qualified: String, columns: Table) = columns.added.map { column ->
        Change("ALTER TABLE $qualified ADD COLUMN IF NOT EXISTS ${column.definition(names)};") {
            SchemaObject("column", column.name, table) !in it
        }
    }

    private fun index(index: Index) = Change(index.create(ifAbsent = true), index.comment) {
        SchemaObject("index", index.name, index.table) !in it
    }

    /** What a `CREATE INDEX CONCURRENTLY` leaves that failed. */
    private fun brokenIndexes(): Change {
        val found = indexes.needed.joinToString(",\n        ") { "to_regclass('${it.qualified}')" }
        val sql = """
            |DO $$
            |DECLARE
            |    broken regclass;
            |BEGIN
            |    FOR broken IN SELECT indexrelid FROM pg_index WHERE NOT indisvalid AND indexrelid IN (
            |        $found
            |    ) LOOP
            |        EXECUTE format('DROP INDEX %s', broken);
            |    END LOOP;
            |END
            |$$;
        """.trimMargin()
        return Change(sql, "-- Indexes that were not built to their end are built again.\n") { catalog ->
            indexes.needed.any { SchemaObject("invalid index", it.name, it.table) in catalog }
        }
    }

    /** Older snapshots of this library had the index on the time of the statistics under a name of its own. */
    private fun renamedIndex(): List<Change> {
        val (old, new) = "pgqueuer_statistics_window" to "pgqueuer_statistics_created"
        fun Catalog.has(name: String) = SchemaObject("index", names.own(name), names.statisticsTable) in this
        return listOf(
            Change(
                "ALTER INDEX ${names.qualified(old)} RENAME TO ${names.own(new)};",
                condition = "to_regclass('${names.qualified(old)}') IS NOT NULL " +
                    "AND to_regclass('${names.qualified(new)}') IS NULL",
            ) { it.has(old) && !it.has(new) },
            Change("DROP INDEX IF EXISTS ${names.qualified(old)};") { it.has(old) && it.has(new) },
        )
    }

    /** Ids and counts were `int` in Python PgQueuer before 1.2. */
    private fun wideNumbers(): List<Change> = listOf(
        Triple(names.queueTable, names.queue, QueueTable),
        Triple(names.logTable, names.log, LogTable),
        Triple(names.statisticsTable, names.statistics, StatisticsTable),
        Triple(names.schedulesTable, names.schedules, SchedulesTable),
    ).flatMap { (table, qualified, columns) ->
        columns.columns.filter { it is LongColumn && !it.isAdded }.map { wide(table, qualified, it) } +
            wideSequence(table, qualified)
    }

    private fun wide(table: String, qualified: String, column: Column) = Change(
        "ALTER TABLE $qualified ALTER COLUMN $column TYPE bigint;",
        "-- $column is too narrow. This rewrites the table. Nobody can read or write it until that is done.\n",
        rewrites = true,
        condition = "(SELECT atttypid = 'int'::regtype FROM pg_attribute\n" +
            "        WHERE attrelid = '$qualified'::regclass AND attname = '$column')",
    ) { it[SchemaObject("column", column.name, table)] == NARROW }

    /** A wider column leaves its sequence as narrow as it was. */
    private fun wideSequence(table: String, qualified: String) = Change(
        """
        |DO $$
        |BEGIN
        |    EXECUTE format('ALTER SEQUENCE %s AS bigint', pg_get_serial_sequence('$qualified', 'id'));
        |END
        |$$;
        """.trimMargin(),
        "-- The sequence of $table must be as wide as the column.\n",
    ) { it[SchemaObject("sequence", "id", table)] == NARROW }

    /**
     * Python PgQueuer's upgrade compares texts, and has it in this spelling from 1.5 on. Both spellings are the same
     * conflict target.
     */
    private fun respelledIndex(): Change {
        val index = indexes.uniqueCount
        val name = index.qualified
        return Change(
            "DROP INDEX $name;\n${index.create(ifAbsent = false)}",
            "-- The spelling of Python PgQueuer 1.5 and later.\n",
            condition = "pg_get_indexdef(to_regclass('$name')) LIKE '%$OLD_SPELLING%'",
        ) { it[SchemaObject("index", index.name, index.table)].orEmpty().contains(OLD_SPELLING) }
    }

    private fun retiredIndex(): Change = "pgqueuer_heartbeat_id_id1_idx".let { retired ->
        Change(
            "DROP INDEX IF EXISTS ${names.qualified(retired)};",
            "-- An upgrade of Python PgQueuer before 1.5 made it. Nothing uses it.\n",
        ) { SchemaObject("index", names.own(retired), names.queueTable) in it }
    }

    private fun secondsWithZone() = Change(
        "ALTER TABLE ${names.statistics} ALTER COLUMN created SET DEFAULT ${StatisticsTable.THIS_SECOND};",
        "-- The older default is wrong in sessions outside UTC.\n",
    ) { it[SchemaObject("default", "created", names.statisticsTable)].orEmpty().contains(ZONE) }

    private fun notification(): List<Change> {
        val function = SchemaObject("function", names.triggerFunction)
        val fitting = SchemaObject("trigger", names.trigger, names.queueTable)
        return listOf(
            Change(
                trigger.createFunction,
                "-- Wakes workers.\n",
                condition = "coalesce((SELECT ${trigger.digestSql("prosrc")} NOT IN (" +
                    "${trigger.knownBodies.joinToString { "'$it'" }})\n" +
                    "        FROM pg_proc WHERE oid = to_regprocedure('${names.function}()')), true)",
            ) { it[function] !in trigger.knownBodies },
            Change(
                trigger.createTrigger,
                condition = "NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = '${names.queue}'::regclass\n" +
                    "        AND g.tgname = '${names.trigger}' AND ${trigger.fitsSql})",
            ) { fitting !in it },
        )
    }

    private fun settings(): Change {
        val columns = SettingsTable.definitions(names).joinToString(",\n") { "    $it" }
        val create = """
            |CREATE TABLE IF NOT EXISTS ${names.settings} (
            |$columns
            |);
            |DO $$
            |BEGIN
            |    IF (SELECT relpersistence = 'u' FROM pg_class WHERE oid = '${names.queue}'::regclass) THEN
            |        ALTER TABLE ${names.settings} SET UNLOGGED;
            |    END IF;
            |END
            |$$;
        """.trimMargin()
        val why = """
            |-- What all who use the queue agree on, and may change with no more than INSERT, UPDATE and DELETE on this
            |-- table. It is as durable as the queue.
            |
        """.trimMargin()
        return Change(create, why) { SchemaObject("table", names.settingsTable) !in it }
    }

    private fun logLevel() = Change(
        createLogLevel("CREATE", LogLevel.FULL),
        "-- What the log keeps: ${LogLevel.entries.joinToString { it.label }}.\n",
        condition = "to_regprocedure('${names.logLevel}()') IS NULL",
    ) { SchemaObject("function", names.logLevelFunction) !in it }

    /** SQL of the function with a constant body that our statements ask for the log level. */
    fun createLogLevel(create: String, level: LogLevel): String =
        "$create FUNCTION ${names.logLevel}() RETURNS text LANGUAGE sql STABLE " +
            "AS \$level\$SELECT '${level.label}'::text\$level\$;"

    private companion object {
        const val NARROW = "integer"
        const val OLD_SPELLING = "AT TIME ZONE"
        const val ZONE = "'UTC'"
    }
}
