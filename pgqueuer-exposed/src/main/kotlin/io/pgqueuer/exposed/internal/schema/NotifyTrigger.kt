package io.pgqueuer.exposed.internal.schema

/** The trigger of the queue that wakes workers, and its function. Python PgQueuer has both under the same names. */
internal class NotifyTrigger(
    private val names: Names,
) {
    /**
     * An update wakes nobody: claims and heartbeats are updates. `sent_at` is the time of the transaction, so that
     * PostgreSQL sends equal events of one transaction once.
     */
    private val body = """
        |
        |BEGIN
        |    IF TG_OP <> 'UPDATE' THEN
        |        PERFORM pg_notify('${names.channel}', json_build_object(
        |            'channel', '${names.channel}',
        |            'operation', lower(TG_OP),
        |            'sent_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
        |            'table', TG_TABLE_NAME,
        |            'type', 'table_changed_event'
        |        )::text);
        |    END IF;
        |    RETURN NULL;
        |END
        |
    """.trimMargin()

    /** Creates the function, or replaces its body. */
    val createFunction: String =
        "CREATE OR REPLACE FUNCTION ${names.function}() RETURNS trigger LANGUAGE plpgsql AS \$notify\$$body\$notify\$;"

    /** Creates the trigger, or replaces one that differs. Replacing it needs a weaker lock than dropping it. */
    val createTrigger: String = """
        CREATE OR REPLACE TRIGGER ${names.trigger}
            AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${names.queue}
            FOR EACH STATEMENT EXECUTE FUNCTION ${names.function}();
    """.trimIndent()

    /** The digests of the bodies that notify as workers expect: ours, and that of Python PgQueuer 1.0 to 2.0. */
    val knownBodies: Set<String> = setOf(digest(body), PYTHONS)

    /**
     * SQL of the digest of the function's body, of which `prosrc` is the text. The name of the channel is replaced, so
     * that one digest fits every prefix.
     */
    fun digestSql(prosrc: String): String =
        FunctionBody.digestSql("replace($prosrc, '''${names.channel}''', '''channel''')")

    private fun digest(body: String): String = FunctionBody.digest(body.replace("'${names.channel}'", "'channel'"))

    /** SQL that is true if the function does not exist, or has a body that nobody knows. */
    val isUnknownSql: String = FunctionBody.isUnknownSql(names.function, knownBodies, digestSql("prosrc"))

    /** SQL that is true for a trigger `g` that is as [createTrigger] makes it; it may be disabled. */
    val fitsSql: String =
        "(g.tgtype = $AFTER_EVERY_STATEMENT AND g.tgqual IS NULL AND g.tgfoid = to_regprocedure('${names.function}()'))"

    companion object {
        /** The kind of a trigger that is not as [createTrigger] makes it. */
        const val OTHER = "other trigger"

        /** Bits of `pg_trigger.tgtype`: insert 4, delete 8, update 16, truncate 32; after, for each statement: none. */
        private const val AFTER_EVERY_STATEMENT = 60
        private const val PYTHONS = "004cef1f89a093a1351c03d97e737c910cfecb4f554c9d2c163d65952bf1d3e9"
    }
}
