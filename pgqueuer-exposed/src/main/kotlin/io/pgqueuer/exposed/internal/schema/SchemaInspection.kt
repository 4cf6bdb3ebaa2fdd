package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.JobStatus
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.texts
import io.pgqueuer.exposed.internal.table.LogTable
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.SettingsTable
import io.pgqueuer.exposed.internal.table.StatisticsTable
import java.sql.Connection

/** Compares the objects in a database with those that [io.pgqueuer.exposed.PostgresSchema] creates. */
internal class SchemaInspection(
    private val names: Names,
) {
    /** What is [missing] of the [expected]. */
    class Found(
        private val expected: Set<SchemaObject>,
        private val missing: Set<SchemaObject>,
        private val additions: Set<SchemaObject>,
    ) {
        val allIsThere: Boolean get() = missing.isEmpty()

        val nothingIsThere: Boolean get() = missing.size == expected.size

        /** Whether everything that is missing would be added by an upgrade of Python's schema. */
        val lacksOnlyAdditions: Boolean get() = additions.containsAll(withoutParts(missing))

        fun explain(): String = when {
            nothingIsThere ->
                "the queue is not installed: it lacks ${shown(missing)}; run `pgq install`, or check prefix and schema"

            lacksOnlyAdditions ->
                "the queue's schema is Python PgQueuer's or older, it lacks ${shown(missing)}; run `pgq upgrade`"

            else ->
                "the queue is installed in part, it lacks ${shown(missing)}; restore that, or run " +
                    "`pgq uninstall`, which removes all jobs, and `pgq install`"
        }

        fun explainPresence(): String =
            "the queue is installed: there is ${shown(expected - missing)}; run `pgq uninstall`, or check prefix " +
                "and schema"

        /** Parts of a table or type that is itself missing are not listed. */
        private fun shown(objects: Set<SchemaObject>): String = withoutParts(objects).joinToString()

        private fun withoutParts(objects: Set<SchemaObject>): List<SchemaObject> {
            val owners = objects.filter { it.of == null }.map { it.name }
            return objects.filter { it.of !in owners }
        }
    }

    private val tables = mapOf(
        names.queueTable to QueueTable,
        names.logTable to LogTable,
        names.statisticsTable to StatisticsTable,
        names.schedulesTable to SchedulesTable,
        names.settingsTable to SettingsTable,
    )

    private val indexes = mapOf(
        names.queueTable to listOf(
            names.dedupeIndex,
            names.immediateIndex,
            names.deferredIndex,
            names.pickedIndex,
            names.slotIndex,
            names.heldIndex,
        ),
        names.logTable to listOf(names.logIndex, names.unaggregatedIndex, names.logWindowIndex),
        names.statisticsTable to listOf(names.statisticsWindowIndex),
    )

    /** Tables with a unique key that is a conflict target. Its name does not matter, and may come from Python. */
    private val keyed = listOf(names.statisticsTable, names.schedulesTable)

    /** All objects in the form of the catalog rows below: kind, table or type, name. */
    private val expected: Set<SchemaObject> = buildSet {
        add(SchemaObject("type", names.statusType))
        JobStatus.entries.forEach { add(SchemaObject("label", it.label, names.statusType)) }
        tables.forEach { (name, table) ->
            add(SchemaObject("table", name))
            table.columns.forEach { add(SchemaObject("column", it.name, name)) }
        }
        indexes.forEach { (table, indexes) -> indexes.forEach { add(SchemaObject("index", it, table)) } }
        keyed.forEach { add(SchemaObject("unique", "key", it)) }
        add(SchemaObject("function", names.triggerFunction))
        add(SchemaObject("function", names.logLevelFunction))
        add(SchemaObject("trigger", names.trigger, names.queueTable))
    }

    /** What [io.pgqueuer.exposed.PostgresSchema.upgradeSql] adds. */
    private val additions: Set<SchemaObject> = buildSet {
        tables.forEach { (name, table) -> table.added.forEach { add(SchemaObject("column", it.name, name)) } }
        add(SchemaObject("table", names.settingsTable))
        listOf(names.immediateIndex, names.deferredIndex, names.pickedIndex, names.slotIndex, names.heldIndex)
            .forEach { add(SchemaObject("index", it, names.queueTable)) }
        listOf(names.unaggregatedIndex, names.logWindowIndex).forEach { add(SchemaObject("index", it, names.logTable)) }
        add(SchemaObject("index", names.statisticsWindowIndex, names.statisticsTable))
        add(SchemaObject("function", names.logLevelFunction))
    }

    /** Names are looked up in the same way as by our statements: in the schema, otherwise along the search path. */
    private val sql = """
        WITH tables AS (
            SELECT c.oid, c.relname
            FROM unnest(?::text[]) AS wanted (name)
            JOIN pg_class c ON c.oid = to_regclass(wanted.name)
        ), types AS (
            SELECT oid, typname FROM pg_type WHERE oid = to_regtype(?)
        )
        SELECT 'table', relname, NULL FROM tables
        UNION ALL
        SELECT 'column', a.attname, t.relname
        FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT 'index', c.relname, t.relname
        FROM tables t JOIN pg_index i ON i.indrelid = t.oid AND i.indisvalid JOIN pg_class c ON c.oid = i.indexrelid
        UNION ALL
        SELECT 'unique', 'key', t.relname
        FROM tables t JOIN pg_index i ON i.indrelid = t.oid AND i.indisvalid AND i.indisunique AND NOT i.indisprimary
        UNION ALL
        SELECT 'trigger', g.tgname, t.relname FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid
        UNION ALL
        SELECT 'type', typname, NULL FROM types
        UNION ALL
        SELECT 'label', e.enumlabel, t.typname FROM types t JOIN pg_enum e ON e.enumtypid = t.oid
        UNION ALL
        SELECT 'function', proname, NULL FROM pg_proc WHERE oid IN (to_regprocedure(?), to_regprocedure(?))
    """.trimIndent()

    fun run(connection: Connection): Found {
        val tables = texts(listOf(names.queue, names.log, names.statistics, names.schedules, names.settings))
        val present = connection.query(
            sql,
            listOf(tables, names.status, "${names.function}()", "${names.logLevel}()"),
        ) { row ->
            SchemaObject(row.getString(1), row.getString(2), row.getString(3))
        }.toSet()
        return Found(expected, expected - present, additions)
    }
}

internal data class SchemaObject(
    val kind: String,
    val name: String,
    val of: String? = null,
) {
    override fun toString() = if (of == null) "$kind $name" else "$kind $name of $of"
}
