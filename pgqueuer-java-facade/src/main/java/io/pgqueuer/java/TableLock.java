package io.pgqueuer.java;

/**
 * A lock that a change of the schema takes on a table. The change waits for transactions that use the table in a way
 * that the lock blocks, and whoever comes later waits for the change. Weakest first.
 *
 * @see <a href="https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES">Explicit Locking</a>
 */
public enum TableLock {
    /** Blocks other changes of the table, and its vacuum. Reads and writes go on. */
    SHARE_UPDATE_EXCLUSIVE(false, false),

    /** Blocks writes, and most changes of the table. Reads go on, and so do builds of other indexes. */
    SHARE(true, false),

    /** Blocks writes, and all other changes of the table. Reads go on. */
    SHARE_ROW_EXCLUSIVE(true, false),

    /** Blocks everything, reads included. */
    ACCESS_EXCLUSIVE(true, true);

    private final boolean blocksWrites;
    private final boolean blocksReads;

    TableLock(boolean blocksWrites, boolean blocksReads) {
        this.blocksWrites = blocksWrites;
        this.blocksReads = blocksReads;
    }

    /** Whether nobody can insert, update or delete rows meanwhile. Workers and producers wait. */
    public boolean blocksWrites() {
        return blocksWrites;
    }

    /** Whether nobody can read the table meanwhile. */
    public boolean blocksReads() {
        return blocksReads;
    }
}
