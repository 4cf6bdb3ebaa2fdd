package io.pgqueuer

/**
 * A lock that a change of the schema takes on a table. The change waits for transactions that use the table in a way
 * that the lock blocks, and whoever comes later waits for the change. Weakest first.
 *
 * See "Explicit Locking" in PostgreSQL's documentation:
 * https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
 *
 * @property blocksWrites whether nobody can insert, update or delete rows meanwhile. Workers and producers wait.
 * @property blocksReads whether nobody can read the table meanwhile.
 */
public enum class TableLock(
    public val blocksWrites: Boolean,
    public val blocksReads: Boolean,
) {
    /** Blocks other changes of the table, and its vacuum. Reads and writes go on. */
    SHARE_UPDATE_EXCLUSIVE(blocksWrites = false, blocksReads = false),

    /** Blocks writes, and most changes of the table. Reads go on, and so do builds of other indexes. */
    SHARE(blocksWrites = true, blocksReads = false),

    /** Blocks writes, and all other changes of the table. Reads go on. */
    SHARE_ROW_EXCLUSIVE(blocksWrites = true, blocksReads = false),

    /** Blocks everything, reads included. */
    ACCESS_EXCLUSIVE(blocksWrites = true, blocksReads = true),
    ;

    /** Its name in PostgreSQL's documentation, such as `ACCESS EXCLUSIVE`. */
    public val label: String = name.replace('_', ' ')
}
