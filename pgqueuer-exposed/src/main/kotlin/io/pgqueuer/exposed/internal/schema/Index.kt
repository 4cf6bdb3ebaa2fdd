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
    val isUnique: Boolean = false,
) {
    /** Its comment; empty if it has none. */
    val comment: String get() = why?.let { "$it\n" }.orEmpty()

    fun create(ifAbsent: Boolean): String = listOfNotNull(
        "CREATE",
        "UNIQUE".takeIf {
            isUnique
        },
        "INDEX",
        "IF NOT EXISTS".takeIf { ifAbsent },
        name,
        "ON",
        of,
    )
        .joinToString(" ", postfix = "\n    $body;")
}
