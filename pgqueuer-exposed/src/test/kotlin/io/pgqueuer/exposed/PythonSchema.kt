package io.pgqueuer.exposed

import io.pgqueuer.test.PostgresDatabase

/** The versions of Python PgQueuer whose schema is test data. Each resource holds what the version changed. */
internal enum class PythonSchema(private val version: String) {
    V1_0("1.0"),
    V1_1("1.1"),
    V1_2("1.2"),
    V1_3("1.3"),
    V1_4("1.4"),
    V1_5("1.5"),
    V1_6("1.6"),
    V2_0("2.0"),
    ;

    /** Creates what this version installs. */
    fun install(database: PostgresDatabase) = entries.filter { it <= this }.forEach { database.execute(it.sql()) }

    private fun sql() = checkNotNull(javaClass.getResource("/python/$version.sql")) {
        "no schema of $version"
    }.readText()

    override fun toString() = "Python PgQueuer $version"
}

/**
 * The parts of the four shared tables as the catalog shows them, by name: what Python PgQueuer's upgrade compares, from
 * 1.5 on. The body of the trigger's function is left out: each library has its own.
 */
internal fun PostgresDatabase.catalog(): Map<String, String> = connect().use { connection ->
    connection.createStatement().use { statement ->
        statement.executeQuery(CATALOG).use { rows ->
            buildMap { while (rows.next()) put(rows.getString(1), rows.getString(2)) }
        }
    }
}

private const val CATALOG = """
    WITH tables AS (
        SELECT oid, relname, relpersistence FROM pg_class
        WHERE oid IN (to_regclass('pgqueuer'), to_regclass('pgqueuer_log'), to_regclass('pgqueuer_statistics'),
            to_regclass('pgqueuer_schedules'))
    )
    SELECT 'table ' || relname, relpersistence::text FROM tables
    UNION ALL
    SELECT 'column ' || t.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'identity' || nullif(a.attidentity::text, ''),
        pg_get_expr(d.adbin, d.adrelid))
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
    UNION ALL
    SELECT 'index ' || c.relname, pg_get_indexdef(c.oid)
    FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid)
    UNION ALL
    SELECT 'constraint ' || t.relname || ' ' || pg_get_constraintdef(k.oid), ''
    FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u')
    UNION ALL
    SELECT 'sequence of ' || t.relname, format_type(s.seqtypid, NULL)
    FROM tables t JOIN pg_depend d ON d.refobjid = t.oid AND d.classid = 'pg_class'::regclass
    JOIN pg_sequence s ON s.seqrelid = d.objid
    UNION ALL
    SELECT 'trigger ' || g.tgname, pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text
    FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid
    UNION ALL
    SELECT 'type pgqueuer_status', string_agg(enumlabel, ' ' ORDER BY enumsortorder)
    FROM pg_enum WHERE enumtypid = to_regtype('pgqueuer_status')
"""
