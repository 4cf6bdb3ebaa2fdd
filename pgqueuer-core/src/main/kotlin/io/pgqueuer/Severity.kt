package io.pgqueuer

/** How serious a message in the application's log is. */
public enum class Severity {
    /** It is not logged. */
    OFF,

    /** For debugging. */
    DEBUG,

    /** For information. */
    INFO,

    /** A warning. */
    WARN,

    /** An error. */
    ERROR,
}
