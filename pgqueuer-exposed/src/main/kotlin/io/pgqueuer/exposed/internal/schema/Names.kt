package io.pgqueuer.exposed.internal.schema

/**
 * The names of our database objects under a prefix and a schema.
 *
 * PostgreSQL folds unquoted identifiers to lower case, and so do these names. Only the channel, which is also passed as
 * text, keeps the prefix unchanged.
 *
 * @throws IllegalArgumentException if the prefix or the schema is not a plain identifier, or makes a name too long.
 */
internal class Names(
    prefix: String = "",
    schema: String? = null,
) {
    init {
        if (prefix.isNotEmpty()) requireIdentifier("prefix", prefix, MAX_PREFIX)
        if (schema != null) requireIdentifier("schema", schema, MAX_IDENTIFIER)
    }

    /** The schema in lower case, null for the connection's search path. */
    val schema: String? = schema?.lowercase()

    private val folded = prefix.lowercase()

    private fun own(name: String) = folded + name

    private fun qualified(name: String) = (schema?.let { "\"$it\"." } ?: "") + own(name)

    val queueTable = own(QUEUE)
    val logTable = own(LOG)
    val statisticsTable = own(STATISTICS)
    val schedulesTable = own(SCHEDULES)
    val settingsTable = own(SETTINGS)
    val statusType = own(STATUS)
    val triggerFunction = own(FUNCTION)
    val logLevelFunction = own(LOG_LEVEL)

    val queue = qualified(QUEUE)
    val log = qualified(LOG)
    val statistics = qualified(STATISTICS)
    val schedules = qualified(SCHEDULES)
    val settings = qualified(SETTINGS)
    val status = qualified(STATUS)
    val function = qualified(FUNCTION)
    val logLevel = qualified(LOG_LEVEL)

    val trigger = own(TRIGGER)
    val channel = prefix + CHANNEL

    val dedupeIndex = own(DEDUPE_INDEX)
    val immediateIndex = own(IMMEDIATE_INDEX)
    val deferredIndex = own(DEFERRED_INDEX)
    val pickedIndex = own(PICKED_INDEX)
    val slotIndex = own(SLOT_INDEX)
    val heldIndex = own(HELD_INDEX)
    val logIndex = own(LOG_INDEX)
    val unaggregatedIndex = own(UNAGGREGATED_INDEX)
    val logWindowIndex = own(LOG_WINDOW_INDEX)
    val statisticsWindowIndex = own(STATISTICS_WINDOW_INDEX)
    val statisticsIndex = own(STATISTICS_INDEX)
    val schedulesKey = own(SCHEDULES_KEY)

    private companion object {
        const val QUEUE = "pgqueuer"
        const val LOG = "pgqueuer_log"
        const val STATISTICS = "pgqueuer_statistics"
        const val SCHEDULES = "pgqueuer_schedules"
        const val SETTINGS = "pgqueuer_settings"
        const val STATUS = "pgqueuer_status"
        const val FUNCTION = "fn_pgqueuer_changed"
        const val LOG_LEVEL = "fn_pgqueuer_log_level"
        const val TRIGGER = "tg_pgqueuer_changed"
        const val CHANNEL = "ch_pgqueuer"
        const val DEDUPE_INDEX = "pgqueuer_unique_dedupe_key"
        const val IMMEDIATE_INDEX = "pgqueuer_immediate"
        const val DEFERRED_INDEX = "pgqueuer_deferred"
        const val PICKED_INDEX = "pgqueuer_picked"
        const val SLOT_INDEX = "pgqueuer_picked_slot_idx"
        const val HELD_INDEX = "pgqueuer_held"
        const val LOG_INDEX = "pgqueuer_log_job_id_status"
        const val UNAGGREGATED_INDEX = "pgqueuer_log_unaggregated"
        const val LOG_WINDOW_INDEX = "pgqueuer_log_window"
        const val STATISTICS_WINDOW_INDEX = "pgqueuer_statistics_window"
        const val STATISTICS_INDEX = "pgqueuer_statistics_unique_count"
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
