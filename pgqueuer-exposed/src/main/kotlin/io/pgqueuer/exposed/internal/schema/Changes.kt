package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.LogLevel
import io.pgqueuer.PythonIndexes
import io.pgqueuer.TableLock
import io.pgqueuer.UpgradeStep
import io.pgqueuer.exposed.internal.table.Column
import io.pgqueuer.exposed.internal.table.LimitsTable
import io.pgqueuer.exposed.internal.table.LogTable
import io.pgqueuer.exposed.internal.table.LongColumn
import io.pgqueuer.exposed.internal.table.PausesTable
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.StatisticsTable
import io.pgqueuer.exposed.internal.table.Table

/** All changes that lead from Python PgQueuer's schema, or an older one of ours, to that of this version, in order. */
internal class Changes(
    private val names: Names,
) {
    private val indexes = Indexes(names)
    private val trigger = NotifyTrigger(names)
    private val logLevel = LogLevelFunction(names)

    private val tables = listOf(
        Triple(names.queueTable, names.queue, QueueTable),
        Triple(names.logTable, names.log, LogTable),
        Triple(names.statisticsTable, names.statistics, StatisticsTable),
        Triple(names.schedulesTable, names.schedules, SchedulesTable),
    )

    /** Our own objects; [all] adds those that Python PgQueuer's schema may lack or have in another form. */
    val own: List<Change> = buildList {
        addAll(addedColumns(names.queueTable, names.queue, QueueTable))
        addAll(addedColumns(names.logTable, names.log, LogTable))
        addAll(addedColumns(names.schedulesTable, names.schedules, SchedulesTable))
        indexes.added.forEach { add(index(it)) }
        add(pauses())
        add(limits())
        add(logLevel())
    }

    val all: List<Change> = buildList {
        addAll(wideNumbers())
        tables.forEach { (table, qualified, columns) -> add(defaults(table, qualified, columns)) }
        add(brokenIndexes(indexes.needed))
        indexes.shared.forEach { add(index(it)) }
        add(retiredIndex())
        addAll(notification())
        addAll(renamedIndex())
        addAll(own)
        add(defaults(names.pausesTable, names.pauses, PausesTable))
        add(defaults(names.limitsTable, names.limits, LimitsTable))
    }

    /** What an upgrade does about the indexes that only Python PgQueuer's statements use. */
    fun of(pythonIndexes: PythonIndexes): List<Change> = when (pythonIndexes) {
        PythonIndexes.KEEP -> emptyList()
        PythonIndexes.ADD -> listOf(brokenIndexes(indexes.pythons)) + indexes.pythons.map(::index)
        PythonIndexes.DROP -> indexes.pythons.map(::droppedIndex)
    }

    private fun exclusive(table: String) = mapOf(table to TableLock.ACCESS_EXCLUSIVE)

    private fun addedColumns(table: String, qualified: String, columns: Table) = columns.added.map { column ->
        Change.of(
            "ALTER TABLE $qualified ADD COLUMN IF NOT EXISTS ${column.definition(names)};",
            locks = exclusive(table),
        ) { SchemaObject("column", column.name, table) !in it }
    }

    private fun index(index: Index) = Change.of(
        index.create(ifAbsent = true),
        index.comment,
        locks = mapOf(index.table to TableLock.SHARE),
    ) { !index.fits(it) }

    private fun droppedIndex(index: Index) = Change.of(
        "DROP INDEX IF EXISTS ${index.qualified};",
        locks = exclusive(index.table),
    ) { it.hasIndex(index.name, index.table) }

    /** What a `CREATE INDEX CONCURRENTLY` leaves that failed, and what somebody else has built under the same name. */
    private fun brokenIndexes(of: List<Index>): Change {
        val why = "-- Indexes that were not built to their end, or are defined otherwise, are built again.\n"
        val declared = of.joinToString(",\n") { "            ('${it.qualified}', '${Spelling.of(it.definition)}')" }
        val sql = """
            |DO $$
            |DECLARE
            |    broken regclass;
            |BEGIN
            |    FOR broken IN SELECT i.indexrelid
            |        FROM (VALUES
            |$declared
            |        ) AS declared (name, definition)
            |        JOIN pg_index i ON i.indexrelid = to_regclass(declared.name)
            |        WHERE NOT i.indisvalid OR declared.definition <>
            |            ${Spelling.sql(Index.DEFINITION_SQL)}
            |    LOOP
            |        EXECUTE format('DROP INDEX %s', broken);
            |    END LOOP;
            |END
            |$$;
        """.trimMargin()
        return Change(why + sql) { catalog ->
            of.filter { it.isBroken(catalog) }.map {
                UpgradeStep("${why}DROP INDEX ${it.qualified};", exclusive(it.table))
            }
        }
    }

    private fun Catalog.hasIndex(name: String, table: String) =
        SchemaObject("index", name, table) in this || SchemaObject(Index.INVALID, name, table) in this

    /** Older snapshots of this library had the index on the time of the statistics under a name of its own. */
    private fun renamedIndex(): List<Change> {
        val (old, new) = Indexes.RENAMED
        fun Catalog.has(name: String) = hasIndex(names.own(name), names.statisticsTable)
        return listOf(
            Change.of(
                "ALTER INDEX ${names.qualified(old)} RENAME TO ${names.own(new)};",
                condition = "to_regclass('${names.qualified(old)}') IS NOT NULL " +
                    "AND to_regclass('${names.qualified(new)}') IS NULL",
            ) { it.has(old) && !it.has(new) },
            Change.of(
                "DROP INDEX IF EXISTS ${names.qualified(old)};",
                locks = exclusive(names.statisticsTable),
            ) { it.has(old) && it.has(new) },
        )
    }

    /** Ids and counts were `int` in Python PgQueuer before 1.2. */
    private fun wideNumbers(): List<Change> = tables.flatMap { (table, qualified, columns) ->
        columns.columns.filter { it is LongColumn && !it.isAdded }.map { wide(table, qualified, it) } +
            wideSequence(table, qualified)
    }

    private fun wide(table: String, qualified: String, column: Column) = Change.of(
        "ALTER TABLE $qualified ALTER COLUMN $column TYPE bigint;",
        "-- $column is too narrow. This rewrites the table. Nobody can read or write it until that is done.\n",
        locks = exclusive(table),
        rewrites = true,
        condition = "(SELECT atttypid = 'int'::regtype FROM pg_attribute\n" +
            "        WHERE attrelid = '$qualified'::regclass AND attname = '$column')",
    ) { it[SchemaObject("column", column.name, table)] == NARROW }

    /** A wider column leaves its sequence as narrow as it was. */
    private fun wideSequence(table: String, qualified: String) = Change.of(
        """
        |DO $$
        |BEGIN
        |    EXECUTE format('ALTER SEQUENCE %s AS bigint', pg_get_serial_sequence('$qualified', 'id'));
        |END
        |$$;
        """.trimMargin(),
        "-- The sequence of $table must be as wide as the column.\n",
    ) { it[SchemaObject("sequence", "id", table)] == NARROW }

    /** Before Python PgQueuer 1.5, the default of the statistics' time was wrong in sessions outside UTC. */
    private fun defaults(table: String, qualified: String, columns: Table): Change {
        val declared = columns.columns.filter { it.default != null && !it.isAdded }
        fun alter(some: List<Column>) = some.joinToString(",\n", "ALTER TABLE $qualified\n", ";") {
            "    ALTER COLUMN $it SET DEFAULT ${it.default}"
        }
        return Change(WHY_DEFAULTS + alter(declared)) { catalog ->
            val wrong = columns.columns.filter { it.default != null && it.hasOtherDefault(catalog, table) }
            if (wrong.isEmpty()) emptyList() else listOf(UpgradeStep(WHY_DEFAULTS + alter(wrong), exclusive(table)))
        }
    }

    private fun retiredIndex(): Change = Indexes.RETIRED.let { retired ->
        Change.of(
            "DROP INDEX IF EXISTS ${names.qualified(retired)};",
            "-- An upgrade of Python PgQueuer before 1.5 made it. Nothing uses it.\n",
            locks = exclusive(names.queueTable),
        ) { it.hasIndex(names.own(retired), names.queueTable) }
    }

    private fun notification(): List<Change> {
        val function = SchemaObject("function", names.triggerFunction)
        val fitting = SchemaObject("trigger", names.trigger, names.queueTable)
        return listOf(
            Change.of(
                trigger.createFunction,
                "-- Wakes workers.\n",
                condition = trigger.isUnknownSql,
            ) { it[function] !in trigger.knownBodies },
            Change.of(
                trigger.createTrigger,
                locks = mapOf(names.queueTable to TableLock.SHARE_ROW_EXCLUSIVE),
                condition = "NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = '${names.queue}'::regclass\n" +
                    "        AND g.tgname = '${names.trigger}' AND ${trigger.fitsSql})",
            ) { fitting !in it },
        )
    }

    private fun pauses() = ownTable(
        names.pausesTable,
        names.pauses,
        PausesTable,
        "The paused entrypoints. Claims read it; whoever pauses and resumes needs INSERT, UPDATE and DELETE on it.",
    )

    private fun limits() = ownTable(
        names.limitsTable,
        names.limits,
        LimitsTable,
        "The concurrency limits that workers declare when they start, for views of the queue.",
    )

    private fun ownTable(table: String, qualified: String, columns: Table, purpose: String): Change {
        val create = """
            |CREATE TABLE IF NOT EXISTS $qualified (
            |${columns.definitions(names).joinToString(",\n") { "    $it" }}
            |);
            |DO $$
            |BEGIN
            |    IF (SELECT relpersistence = 'u' FROM pg_class WHERE oid = '${names.queue}'::regclass) THEN
            |        ALTER TABLE $qualified SET UNLOGGED;
            |    END IF;
            |END
            |$$;
        """.trimMargin()
        val why = "-- $purpose\n-- It is as durable as the queue.\n"
        return Change.of(create, why) { SchemaObject("table", table) !in it }
    }

    private fun logLevel() = Change.of(
        logLevel.create(LogLevel.FULL),
        "-- What the log keeps: ${LogLevel.entries.joinToString { it.label }}.\n",
        condition = logLevel.isUnknownSql,
    ) { it[SchemaObject("function", names.logLevelFunction)] !in logLevel.knownBodies }

    internal companion object {
        const val NARROW = "integer"
        private const val WHY_DEFAULTS = "-- The defaults of what an insert leaves out.\n"

        /** Whether the default of a column of a table is not as declared. A missing column has none. */
        fun Column.hasOtherDefault(catalog: Catalog, table: String): Boolean {
            val declared = if (isNumbered) Catalog.NUMBERED else default?.let(Spelling::of)
            return declared != null && SchemaObject("column", name, table) in catalog &&
                catalog[SchemaObject("default", name, table)]?.let(Spelling::of) != declared
        }
    }
}
