package io.pgqueuer.exposed.internal.schema

/**
 * The names of our database objects under a prefix and a schema.
 *
 * PostgreSQL folds unquoted identifiers to lower case, and so do these names. The channel, which is also passed as
 * text, keeps the prefix unchanged. The schema is taken as it is written, and quoted: it is the name of something that
 * others may have created.
 *
 * @property schema the schema as it is written; null for the connection's search path.
 * @throws IllegalArgumentException if the prefix or the schema is not a plain identifier, or makes a name too long.
 */
internal class Names(
    prefix: String = "",
    val schema: String? = null,
) {
    init {
        if (prefix.isNotEmpty()) requireIdentifier("prefix", prefix, MAX_PREFIX)
        if (schema != null) requireIdentifier("schema", schema, MAX_IDENTIFIER)
    }

    private val folded = prefix.lowercase()

    /** [name] with the prefix. */
    fun own(name: String): String = folded + name

    /** [name] with the prefix and the schema. */
    fun qualified(name: String): String = (schema?.let { "\"$it\"." } ?: "") + own(name)

    /** The queue under the schema that Python PgQueuer would look in: it writes the name in lower case. */
    val queueOfFoldedSchema = schema?.let { "\"${it.lowercase()}\"." + own(QUEUE) }

    val queueTable = own(QUEUE)
    val logTable = own(LOG)
    val statisticsTable = own(STATISTICS)
    val schedulesTable = own(SCHEDULES)
    val pausesTable = own(PAUSES)
    val limitsTable = own(LIMITS)
    val statusType = own(STATUS)
    val triggerFunction = own(FUNCTION)
    val logLevelFunction = own(LOG_LEVEL)

    val queue = qualified(QUEUE)
    val log = qualified(LOG)
    val statistics = qualified(STATISTICS)
    val schedules = qualified(SCHEDULES)
    val pauses = qualified(PAUSES)
    val limits = qualified(LIMITS)
    val status = qualified(STATUS)
    val function = qualified(FUNCTION)
    val logLevel = qualified(LOG_LEVEL)

    val trigger = own(TRIGGER)
    val channel = prefix + CHANNEL

    /** Where our workers talk to each other. Python PgQueuer would warn of each event that it does not know. */
    val workersChannel = prefix + WORKERS_CHANNEL

    val schedulesKey = own(SCHEDULES_KEY)

    private companion object {
        const val QUEUE = "pgqueuer"
        const val LOG = "pgqueuer_log"
        const val STATISTICS = "pgqueuer_statistics"
        const val SCHEDULES = "pgqueuer_schedules"
        const val PAUSES = "pgqueuer_pauses"
        const val LIMITS = "pgqueuer_limits"
        const val STATUS = "pgqueuer_status"
        const val FUNCTION = "fn_pgqueuer_changed"
        const val LOG_LEVEL = "fn_pgqueuer_log_level"
        const val TRIGGER = "tg_pgqueuer_changed"
        const val CHANNEL = "ch_pgqueuer"
        const val WORKERS_CHANNEL = "ch_pgqueuer_workers"
        const val SCHEDULES_KEY = "pgqueuer_schedules_unique_entrypoint"

        const val MAX_IDENTIFIER = 63
        const val MAX_PREFIX = MAX_IDENTIFIER - SCHEDULES_KEY.length

        val IDENTIFIER = Regex("[A-Za-z_][A-Za-z0-9_]*")

        fun requireIdentifier(what: String, value: String, limit: Int) {
            require(IDENTIFIER.matches(value)) {
                "$what must be letters, digits and underscores, and not begin with a digit, was '$value'"
            }
            require(value.length <= limit) {
                "$what must be at most $limit characters (PostgreSQL cuts names after $MAX_IDENTIFIER), was " +
                    "${value.length}: '$value'"
            }
        }
    }
}
