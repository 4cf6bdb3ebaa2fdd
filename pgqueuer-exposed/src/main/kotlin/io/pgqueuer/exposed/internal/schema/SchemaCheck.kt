package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.JobStatus
import io.pgqueuer.exposed.internal.table.LogTable
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.SettingsTable
import io.pgqueuer.exposed.internal.table.StatisticsTable

/** Compares a [Catalog] with what this version needs. */
internal class SchemaCheck(
    private val names: Names,
) {
    private val trigger = NotifyTrigger(names)
    private val indexes = Indexes(names)

    private val tables = mapOf(
        names.queueTable to QueueTable,
        names.logTable to LogTable,
        names.statisticsTable to StatisticsTable,
        names.schedulesTable to SchedulesTable,
        names.settingsTable to SettingsTable,
    )

    private val types: Map<SchemaObject, String> = buildMap {
        tables.forEach { (name, table) ->
            table.columns.forEach { put(SchemaObject("column", it.name, name), it.catalogType(names)) }
        }
    }

    private val expected: Set<SchemaObject> = buildSet {
        add(SchemaObject("type", names.statusType))
        JobStatus.entries.forEach { add(SchemaObject("label", it.label, names.statusType)) }
        tables.keys.forEach { add(SchemaObject("table", it)) }
        addAll(types.keys)
        indexes.needed.forEach { add(SchemaObject("index", it.name, it.table)) }
        // The conflict target of a registration. Its name does not matter, and may come from Python.
        add(SchemaObject("unique", "key", names.schedulesTable))
        add(SchemaObject("function", names.triggerFunction))
        add(SchemaObject("function", names.logLevelFunction))
        add(SchemaObject("trigger", names.trigger, names.queueTable))
    }

    /** What an upgrade adds. */
    private val additions: Set<SchemaObject> = buildSet {
        tables.forEach { (name, table) -> table.added.forEach { add(SchemaObject("column", it.name, name)) } }
        add(SchemaObject("table", names.settingsTable))
        addAll(expected.filter { it.kind == "index" || it.kind == "function" || it.kind == "trigger" })
    }

    fun of(catalog: Catalog): Found {
        val missing = expected - catalog.objects
        val wrong = types.mapNotNull { (column, type) ->
            catalog[column]?.takeIf { it != type }?.let { WrongType(column, it, type) }
        }
        val elsewhere = catalog.objects.find { it.kind == Catalog.QUEUE_IN_LOWER_CASE }?.name
        return Found(expected, missing, wrong, additions, elsewhere)
    }

    /** What works, but not as this version installs it. */
    fun warnings(catalog: Catalog): List<String> = buildList {
        val state = catalog[SchemaObject("trigger", names.trigger, names.queueTable)]
        if (state != null && state !in FIRES) {
            add(
                "notifications are off: trigger ${names.trigger} of ${names.queueTable} is disabled, and idle " +
                    "workers find jobs when they poll; `pgq notifications on` enables it",
            )
        }
        val body = catalog[SchemaObject("function", names.triggerFunction)]
        if (body != null && body !in trigger.knownBodies) {
            add(
                "the body of function ${names.triggerFunction} is neither this library's nor Python PgQueuer's, it " +
                    "may not wake workers; `pgq upgrade` replaces it",
            )
        }
        tables.keys.forEach {
            if (catalog[SchemaObject("sequence", "id", it)] == "integer") {
                add("the sequence of $it.id is integer, and ends at 2147483647; `pgq upgrade` makes it bigint")
            }
        }
    }

    /** A column whose type is [actual] and not [wanted]. */
    class WrongType(
        private val column: SchemaObject,
        private val actual: String,
        private val wanted: String,
    ) {
        /** Whether an upgrade makes it wider. */
        val isNarrow: Boolean get() = actual == "integer" && wanted == "bigint"

        override fun toString() = "$column is $actual, not $wanted"
    }

    /** What is [missing] of the [expected], and what is [wrong] with the rest. */
    class Found(
        private val expected: Set<SchemaObject>,
        private val missing: Set<SchemaObject>,
        private val wrong: List<WrongType>,
        private val additions: Set<SchemaObject>,
        private val elsewhere: String?,
    ) {
        val allIsThere: Boolean get() = missing.isEmpty() && wrong.isEmpty()

        val nothingIsThere: Boolean get() = missing.size == expected.size

        /** Whether an upgrade fixes everything. */
        val isUpgradable: Boolean get() = additions.containsAll(withoutParts(missing)) && wrong.all { it.isNarrow }

        fun explain(): String = when {
            nothingIsThere -> "the queue is not installed: it lacks ${shown(missing)}; ${installFix()}"

            isUpgradable -> "the queue's schema is Python PgQueuer's or older: ${problems()}; run `pgq upgrade`"

            else ->
                "the queue is installed in part: ${problems()}; restore that, or run " +
                    "`pgq uninstall`, which removes all jobs, and `pgq install`"
        }

        private fun problems(): String = listOfNotNull(
            missing.takeIf { it.isNotEmpty() }?.let { "it lacks ${shown(it)}" },
            wrong.takeIf { it.isNotEmpty() }?.joinToString(),
        ).joinToString("; ")

        private fun installFix() = if (elsewhere == null) {
            "run `pgq install`, or check prefix and schema"
        } else {
            "schema $elsewhere has a queue: Python PgQueuer writes the names of schemas in lower case, so write " +
                "$elsewhere, too"
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

    private companion object {
        /** The states of `pg_trigger.tgenabled` in which it fires in usual sessions. */
        val FIRES = setOf("O", "A")
    }
}
