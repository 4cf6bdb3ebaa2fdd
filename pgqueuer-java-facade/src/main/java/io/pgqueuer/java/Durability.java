package io.pgqueuer.java;

/** Which data of the queue survives a crash of the database server. */
public enum Durability {
    /** Nothing: all tables are unlogged. */
    VOLATILE,

    /** Jobs and schedules. The log and the statistics are unlogged. */
    BALANCED,

    /** Everything. The default. */
    DURABLE
}
