package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.texts
import java.sql.Connection

/** What a database has of the objects of a queue. */
internal class Catalog private constructor(
    private val details: Map<SchemaObject, String>,
) {
    val objects: Set<SchemaObject> get() = details.keys

    operator fun contains(wanted: SchemaObject): Boolean = wanted in details

    /**
     * Returns what there is to know of an object; null if it is not there: the persistence of a table
     * (`pg_class.relpersistence`), the type of a column or sequence, the default of a column, the definition of an index,
     * the digest of a function's body, and for a trigger when it fires
     * (`pg_trigger.tgenabled`).
     */
    operator fun get(wanted: SchemaObject): String? = details[wanted]

    companion object {
        /** The kind of a schema with a queue whose name is the wanted one in lower case. */
        const val QUEUE_IN_LOWER_CASE = "queue in lower case"

        /** The default of a column that numbers its rows. */
        const val NUMBERED = "numbered"

        /** Reads the catalog. Names are found as our statements find them: in the schema, or along the search path. */
        fun read(connection: Connection, names: Names): Catalog {
            val tables = listOf(names.queue, names.log, names.statistics, names.schedules, names.pauses, names.limits)
            val functions = listOf("${names.function}()", "${names.logLevel}()")
            val parameters = listOf(texts(tables), names.status, texts(functions), names.queueOfFoldedSchema)
            return Catalog(
                connection.query(sql(NotifyTrigger(names)), parameters) { row ->
                    SchemaObject(row.getString(1), row.getString(2), row.getString(3)) to row.getString(4).orEmpty()
                }.toMap(),
            )
        }

        private fun sql(trigger: NotifyTrigger) = """
            WITH tables AS (
                SELECT c.oid, c.relname, c.relpersistence
                FROM unnest(?::text[]) AS wanted (name)
                JOIN pg_class c ON c.oid = to_regclass(wanted.name)
            ), types AS (
                SELECT oid, typname FROM pg_type WHERE oid = to_regtype(?)
            )
            SELECT 'table', relname, NULL, relpersistence::text FROM tables
            UNION ALL
            SELECT 'column', a.attname, t.relname, coalesce(y.typname::text, format_type(a.atttypid, NULL))
            FROM tables t
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN types y ON y.oid = a.atttypid
            UNION ALL
            SELECT 'default', a.attname, t.relname, CASE
                    WHEN a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' THEN '$NUMBERED'
                    ELSE pg_get_expr(d.adbin, d.adrelid)
                END
            FROM tables t
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
            WHERE a.attidentity <> '' OR d.oid IS NOT NULL
            UNION ALL
            SELECT 'sequence', a.attname, t.relname, format_type(s.seqtypid, NULL)
            FROM tables t
            JOIN pg_depend d ON d.refobjid = t.oid AND d.classid = 'pg_class'::regclass
            JOIN pg_sequence s ON s.seqrelid = d.objid
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
            UNION ALL
            SELECT CASE WHEN i.indisvalid THEN 'index' ELSE '${Index.INVALID}' END, c.relname, t.relname,
                ${Index.DEFINITION_SQL}
            FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
            UNION ALL
            SELECT 'unique', 'key', t.relname, NULL
            FROM tables t JOIN pg_index i ON i.indrelid = t.oid
            WHERE i.indisvalid AND i.indisunique AND NOT i.indisprimary
            UNION ALL
            SELECT CASE WHEN ${trigger.fitsSql} THEN 'trigger' ELSE '${NotifyTrigger.OTHER}' END, g.tgname, t.relname,
                g.tgenabled::text
            FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid
            UNION ALL
            SELECT 'type', typname, NULL, NULL FROM types
            UNION ALL
            SELECT 'label', e.enumlabel, t.typname, NULL FROM types t JOIN pg_enum e ON e.enumtypid = t.oid
            UNION ALL
            SELECT 'function', p.proname, NULL, ${trigger.digestSql("p.prosrc")}
            FROM unnest(?::text[]) AS wanted (name) JOIN pg_proc p ON p.oid = to_regprocedure(wanted.name)
            UNION ALL
            SELECT '$QUEUE_IN_LOWER_CASE', nspname, NULL, NULL
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = to_regclass(?)
        """.trimIndent()
    }
}

/**
 * One object of a schema.
 *
 * @property kind what it is, as messages call it.
 * @property of the table or type that it is a part of; null for an object that stands alone.
 */
internal data class SchemaObject(
    val kind: String,
    val name: String,
    val of: String? = null,
) {
    override fun toString() = if (of == null) "$kind $name" else "$kind $name of $of"
}
