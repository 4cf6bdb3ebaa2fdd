package io.pgqueuer.exposed.internal.schema

/**
 * An index of one of our tables.
 *
 * @property name its name, without the schema.
 * @property qualified its name, with the schema.
 * @property table the name of its table, without the schema.
 * @param of the name of its table, as statements use it.
 * @param body what `CREATE INDEX` says after the table.
 * @param why what it is for, as comments of SQL.
 */
internal class Index(
    val name: String,
    val qualified: String,
    val table: String,
    private val of: String,
    private val body: String,
    private val why: String? = null,
    private val isUnique: Boolean = false,
) {
    /** Its comment; empty if it has none. */
    val comment: String get() = why?.let { "$it\n" }.orEmpty()

    /** What it indexes, as [DEFINITION_SQL] shows it, but for the [Spelling]. */
    val definition: String = (if (isUnique) UNIQUE else "") + if (body.startsWith(USING)) {
        body.removePrefix(USING)
    } else {
        BTREE + body
    }

    fun create(ifAbsent: Boolean): String = listOfNotNull(
        "CREATE",
        "UNIQUE".takeIf { isUnique },
        "INDEX",
        "IF NOT EXISTS".takeIf { ifAbsent },
        name,
        "ON",
        of,
    ).joinToString(" ", postfix = "\n    $body;")

    /** Whether [found], from the catalog, means the same as its [definition]. */
    fun isDefinedAs(found: String): Boolean = Spelling.of(found) == Spelling.of(definition)

    /** Whether the catalog has it as it is declared here. */
    fun fits(catalog: Catalog): Boolean = catalog[SchemaObject("index", name, table)]?.let(::isDefinedAs) ?: false

    /** Whether the catalog has one with its name that is invalid or defined otherwise. */
    fun isBroken(catalog: Catalog): Boolean = SchemaObject(INVALID, name, table) in catalog ||
        (SchemaObject("index", name, table) in catalog && !fits(catalog))

    companion object {
        /** The kind of an index that was not built to its end. */
        const val INVALID = "invalid index"

        private const val UNIQUE = "unique "
        private const val USING = "USING "
        private const val BTREE = "btree "

        /** SQL of what the index of the row `i` of `pg_index` indexes. */
        const val DEFINITION_SQL: String =
            "concat(CASE WHEN i.indisunique THEN '$UNIQUE' END, " +
                "substring(pg_get_indexdef(i.indexrelid) FROM ' $USING(.*)$'))"
    }
}
