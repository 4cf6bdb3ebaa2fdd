package io.pgqueuer.exposed.internal.table

import io.pgqueuer.exposed.internal.schema.Names

/**
 * One column of a [Table]: its name, its SQL type, and how a statement selects it. How it is read depends on its class;
 * see [Selection].
 *
 * @property isAdded whether this library adds it to the tables of Python PgQueuer. An upgrade adds it, so it needs a
 * default.
 */
internal sealed class Column(
    val name: String,
    private val type: String,
    private val catalogType: String,
    val isAdded: Boolean = false,
) {
    /** Its position among the columns of its table; set by the table. */
    var ordinal = -1

    /** Its line in `CREATE TABLE` and `ADD COLUMN`. */
    open fun definition(names: Names): String = "$name $type"

    /** How it is selected from the table alias [alias]. */
    open fun selected(alias: String): String = "$alias.$name"

    /** Its type as `format_type` shows it. Our own enum is shown without its schema. */
    open fun catalogType(names: Names): String = catalogType

    override fun toString() = name
}

internal class IntColumn(
    name: String,
    type: String,
    isAdded: Boolean = false,
) : Column(name, type, "integer", isAdded)

internal class LongColumn(
    name: String,
    type: String,
    isAdded: Boolean = false,
) : Column(name, type, "bigint", isAdded)

internal class TextColumn(
    name: String,
    type: String,
    isAdded: Boolean = false,
) : Column(name, type, "text", isAdded)

/** Read as text: the value may be unreadable, and the reader decides how to handle that. */
internal class JsonColumn(
    name: String,
    type: String,
) : Column(name, type, "jsonb")

internal class BytesColumn(
    name: String,
    type: String,
) : Column(name, type, "bytea")

internal class BooleanColumn(
    name: String,
    type: String,
) : Column(name, type, "boolean")

internal class TimeColumn(
    name: String,
    type: String,
    isAdded: Boolean = false,
) : Column(name, type, "timestamp with time zone", isAdded)

/** The id of a worker. */
internal class WorkerColumn(
    name: String,
    type: String,
) : Column(name, type, "uuid")

/**
 * A status. Its type is our own enum, which is selected as text: a prepared statement fails if the type of a column
 * changes, and this one changes when the queue is installed again.
 *
 * @param orElse what NULL stands for, for a column that allows it.
 */
internal class StatusColumn(
    name: String,
    private val constraint: String,
    private val orElse: String? = null,
) : Column(name, constraint, "enum") {
    override fun definition(names: Names) = "$name ${names.status} $constraint"

    override fun catalogType(names: Names) = names.statusType

    override fun selected(alias: String) = "${value(alias)}::text"

    /** SQL of the status in the table alias [alias]. */
    fun value(alias: String) = if (orElse == null) "$alias.$name" else "coalesce($alias.$name, '$orElse')"
}

/** A value that a statement computes from a row. It is not stored, but selected and read like a column. */
internal class ComputedInt(
    name: String,
    private val expression: (alias: String) -> String,
) : Column(name, "int", "integer") {
    override fun selected(alias: String) = expression(alias)
}
