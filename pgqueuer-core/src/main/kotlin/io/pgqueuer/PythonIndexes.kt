package io.pgqueuer

/**
 * What an upgrade does about the indexes that only the statements of Python PgQueuer use. Python's workers need them
 * beside long queues, and all workers pay for them.
 */
public enum class PythonIndexes {
    /** Leaves them as they are. The default. */
    KEEP,

    /** Adds those that are missing. */
    ADD,

    /** Drops them, whoever created them. */
    DROP,
}
