package io.pgqueuer.java;

/** How serious a message in the application's log is. */
public enum Severity {
    /** It is not logged. */
    OFF,

    /** For debugging. */
    DEBUG,

    /** For information. */
    INFO,

    /** A warning. */
    WARN,

    /** An error. */
    ERROR
}
