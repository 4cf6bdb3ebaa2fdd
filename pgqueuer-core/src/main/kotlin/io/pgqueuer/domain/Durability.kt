package io.pgqueuer.domain

/** What of the queue survives a crash of the database server. */
public enum class Durability {
    /** Nothing: all tables are unlogged. */
    VOLATILE,

    /** Jobs and schedules; the log and the statistics are unlogged. */
    BALANCED,

    /** Everything. The default. */
    DURABLE,
    ;

    /** The name on the command line. */
    public val label: String = name.lowercase()
}
