package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.DifferenceType
import io.pgqueuer.JobStatus
import io.pgqueuer.SchemaDifference
import io.pgqueuer.exposed.internal.schema.Changes.Companion.NARROW
import io.pgqueuer.exposed.internal.schema.Changes.Companion.hasOtherDefault
import io.pgqueuer.exposed.internal.table.Column
import io.pgqueuer.exposed.internal.table.LimitsTable
import io.pgqueuer.exposed.internal.table.LogTable
import io.pgqueuer.exposed.internal.table.PausesTable
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.SchedulesTable
import io.pgqueuer.exposed.internal.table.StatisticsTable

/** Compares a [Catalog] with what this version installs. */
internal class SchemaCheck(
    private val names: Names,
) {
    private val trigger = NotifyTrigger(names)
    private val logLevel = LogLevelFunction(names)
    private val indexes = Indexes(names)

    private val tables = mapOf(
        names.queueTable to QueueTable,
        names.logTable to LogTable,
        names.statisticsTable to StatisticsTable,
        names.schedulesTable to SchedulesTable,
        names.pausesTable to PausesTable,
        names.limitsTable to LimitsTable,
    )

    private val expected: Set<SchemaObject> = buildSet {
        add(SchemaObject("type", names.statusType))
        JobStatus.entries.forEach { add(SchemaObject("label", it.label, names.statusType)) }
        tables.forEach { (name, table) ->
            add(SchemaObject("table", name))
            table.columns.forEach { add(SchemaObject("column", it.name, name)) }
        }
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
        add(SchemaObject("table", names.pausesTable))
        add(SchemaObject("table", names.limitsTable))
        addAll(expected.filter { it.kind == "index" || it.kind == "function" || it.kind == "trigger" })
    }

    fun of(catalog: Catalog): SchemaFindings {
        val present = expected.filterTo(mutableSetOf()) { it in catalog }
        val differences = columns(catalog) + indexes(catalog) + triggers(catalog) + functions(catalog)
        // What is there in another form is not missing, too.
        val changed = differences.map { SchemaObject(it.kind, it.name, it.of) }.toSet()
        val missing = withoutParts(expected - present - changed).map(::missing)
        return SchemaFindings(
            differences = missing + differences + leftOvers(catalog),
            present = withoutParts(present),
            absent = withoutParts(expected - present),
            nothingIsThere = present.isEmpty(),
            elsewhere = catalog.objects.find { it.kind == Catalog.QUEUE_IN_LOWER_CASE }?.name,
        )
    }

    private fun missing(wanted: SchemaObject): SchemaDifference =
        wanted.differs(DifferenceType.MISSING, "$wanted is missing", if (wanted in additions) UPGRADE else RESTORE)

    private fun columns(catalog: Catalog): List<SchemaDifference> = tables.flatMap { (table, declared) ->
        declared.columns.flatMap { listOfNotNull(type(catalog, table, it), default(catalog, table, it)) } +
            listOfNotNull(sequence(catalog, table))
    }

    private fun type(catalog: Catalog, table: String, column: Column): SchemaDifference? {
        val wanted = SchemaObject("column", column.name, table)
        val (found, type) = catalog[wanted] to column.catalogType(names)
        if (found == null || found == type) return null
        val fix = if (found == NARROW && type == WIDE) UPGRADE else RESTORE
        return wanted.differs(DifferenceType.CHANGED, "$wanted is $found, not $type", fix, found, type)
    }

    private fun default(catalog: Catalog, table: String, column: Column): SchemaDifference? {
        if (!column.hasOtherDefault(catalog, table)) return null
        val found = catalog[SchemaObject("default", column.name, table)]
        val wanted = SchemaObject("default", column.name, table)
        val expected = column.default ?: Catalog.NUMBERED
        val type = if (found == null) DifferenceType.MISSING else DifferenceType.CHANGED
        val problem = "the default of column ${column.name} of $table is ${found ?: "missing"}, not $expected"
        return wanted.differs(type, problem, if (column.isNumbered) RESTORE else UPGRADE, found, expected)
    }

    private fun sequence(catalog: Catalog, table: String): SchemaDifference? {
        val sequence = SchemaObject("sequence", "id", table)
        if (catalog[sequence] != NARROW) return null
        val problem = "the sequence of $table.id is integer, and ends at 2147483647"
        return sequence.differs(DifferenceType.CHANGED, problem, UPGRADE, NARROW, WIDE, isError = false)
    }

    private fun indexes(catalog: Catalog): List<SchemaDifference> =
        indexes.needed.mapNotNull { invalid(catalog, it, UPGRADE, isError = true) ?: changed(catalog, it) } +
            indexes.pythons.mapNotNull { invalid(catalog, it, ADD_PYTHONS, isError = false) }

    private fun invalid(catalog: Catalog, index: Index, fix: String, isError: Boolean): SchemaDifference? {
        val found = catalog[SchemaObject(Index.INVALID, index.name, index.table)] ?: return null
        val wanted = SchemaObject("index", index.name, index.table)
        val problem = "$wanted was not built to its end"
        return wanted.differs(DifferenceType.INVALID, problem, fix, found, index.definition, isError)
    }

    private fun changed(catalog: Catalog, index: Index): SchemaDifference? {
        val wanted = SchemaObject("index", index.name, index.table)
        val found = catalog[wanted] ?: return null
        if (index.isDefinedAs(found)) return null
        val problem = "$wanted is defined otherwise: $found, not ${index.definition}"
        return wanted.differs(DifferenceType.CHANGED, problem, UPGRADE, found, index.definition)
    }

    private fun triggers(catalog: Catalog): List<SchemaDifference> {
        val wanted = SchemaObject("trigger", names.trigger, names.queueTable)
        val state = catalog[wanted]
        val isOther = SchemaObject(NotifyTrigger.OTHER, names.trigger, names.queueTable) in catalog
        return listOfNotNull(
            wanted.differs(
                DifferenceType.CHANGED,
                "$wanted is defined otherwise: it does not call ${names.triggerFunction} for every statement",
                UPGRADE,
            ).takeIf { isOther },
            wanted.differs(
                DifferenceType.DISABLED,
                "notifications are off: $wanted is disabled, and idle workers find jobs when they poll",
                "`pgq notifications on` enables it",
                found = state,
                expected = FIRES.first(),
                isError = false,
            ).takeIf { state != null && state !in FIRES },
        )
    }

    private fun functions(catalog: Catalog): List<SchemaDifference> = listOf(
        Triple(
            names.triggerFunction,
            trigger.knownBodies,
            "neither this library's nor Python PgQueuer's, it may not wake workers",
        ),
        Triple(names.logLevelFunction, logLevel.knownBodies, "not this library's, it may return no log level"),
    ).mapNotNull { (name, known, why) ->
        val wanted = SchemaObject("function", name)
        val body = catalog[wanted]
        wanted.differs(
            DifferenceType.CHANGED,
            "the body of $wanted is $why",
            "`pgq upgrade` replaces it",
            found = body?.let { "body with SHA-256 $it" },
            expected = "body with SHA-256 ${known.first()}",
            isError = false,
        ).takeIf { body != null && body !in known }
    }

    /** Valid indexes that other programs and versions have created, and ours do not need. */
    private fun leftOvers(catalog: Catalog): List<SchemaDifference> {
        val pythons = indexes.pythons.map { SchemaObject("index", it.name, it.table) }
        val retired = listOf(
            SchemaObject("index", names.own(Indexes.RETIRED), names.queueTable),
            SchemaObject("index", names.own(Indexes.RENAMED.first), names.statisticsTable),
        )
        return pythons.filter { it in catalog }.map {
            leftOver(it, catalog, "only statements of Python PgQueuer use $it", DROP_PYTHONS)
        } + retired.filter { it in catalog }.map {
            leftOver(it, catalog, "$it is from an older version, nothing uses it", "`pgq upgrade` drops it")
        }
    }

    private fun leftOver(unneeded: SchemaObject, catalog: Catalog, problem: String, fix: String) =
        unneeded.differs(DifferenceType.LEFT_OVER, problem, fix, found = catalog[unneeded], isError = false)

    private fun SchemaObject.differs(
        difference: DifferenceType,
        problem: String,
        fix: String,
        found: String? = null,
        expected: String? = null,
        isError: Boolean = true,
    ) = SchemaDifference(kind, name, of, difference, isError, found, expected, problem, fix)

    /** Parts of a table or type that is itself missing are not listed. */
    private fun withoutParts(objects: Set<SchemaObject>): List<SchemaObject> {
        val owners = objects.filter { it.of == null }.map { it.name }
        return objects.filter { it.of !in owners }
    }

    companion object {
        /** What is repaired so, an upgrade repairs. */
        const val UPGRADE = "run `pgq upgrade`"

        private const val RESTORE = "restore it, or run `pgq uninstall`, which removes all jobs, and `pgq install`"
        private const val ADD_PYTHONS = "`pgq upgrade --python-indexes` builds it again"
        private const val DROP_PYTHONS = "if no Python worker is left, `pgq upgrade --no-python-indexes` drops it"
        private const val WIDE = "bigint"

        /** The states of `pg_trigger.tgenabled` in which it fires in usual sessions. */
        private val FIRES = setOf("O", "A")
    }
}
