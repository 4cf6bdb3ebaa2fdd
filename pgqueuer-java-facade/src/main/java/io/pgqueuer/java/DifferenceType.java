package io.pgqueuer.java;

/** In which way an object differs from what this version installs. */
public enum DifferenceType {
    /** It does not exist. */
    MISSING,

    /** It has another type, default, definition or body. */
    CHANGED,

    /** A trigger that was switched off. */
    DISABLED,

    /** An index that was not built to its end, or is broken. The server does not use it. */
    INVALID,

    /** This version does not need it: Python PgQueuer or an older version created it. */
    LEFT_OVER
}
