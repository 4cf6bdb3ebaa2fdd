package io.pgqueuer

/** Installs, upgrades, checks and removes the tables and other objects that the queue needs in the store. */
public interface SchemaManager {
    /**
     * Creates all objects, with [properties]. Does nothing if all of them exist, whatever their properties.
     *
     * @throws SchemaException if only some of them exist; nothing is changed.
     */
    public suspend fun install(properties: QueueProperties = QueueProperties.DEFAULT)

    /**
     * Changes what an older version, or Python PgQueuer 1.0 or later, has installed into what this version needs. Jobs
     * are kept. It makes the steps of [upgradePlan], in one transaction, and does nothing if there are none.
     *
     * Tables are locked until it is done. A step that [rewrites][UpgradeStep.rewrites] a table takes long if the table
     * is large.
     *
     * @param pythonIndexes whether to add the indexes that only the statements of Python PgQueuer use. Python's workers
     * need them beside long queues, and all workers pay for them. Default false: those that are there are left alone.
     * @throws SchemaException if nothing is installed, or if something is missing or wrong that an upgrade cannot fix;
     * nothing is changed.
     */
    public suspend fun upgrade(pythonIndexes: Boolean = false)

    /**
     * Returns what [upgrade] would do now, in order; empty if there is nothing to do. It changes nothing.
     *
     * @throws SchemaException in the same cases as [upgrade].
     */
    public suspend fun upgradePlan(pythonIndexes: Boolean = false): List<UpgradeStep>

    /**
     * Drops the indexes that only the statements of Python PgQueuer use, whoever created them. Does nothing if there is
     * none.
     *
     * @throws SchemaException in the same cases as [verify]; nothing is changed.
     */
    public suspend fun removePythonIndexes()

    /** Removes all objects, with all jobs. Does nothing if none exists. */
    public suspend fun uninstall()

    /**
     * Returns the properties of the queue.
     *
     * @throws SchemaException in the same cases as [verify].
     */
    public suspend fun properties(): QueueProperties

    /**
     * Changes the properties of the queue to [properties]. All workers and producers follow them from their next
     * statement on. Only what differs is changed. A change of durability rewrites tables, and locks them until that is
     * done.
     *
     * @throws SchemaException in the same cases as [verify]; nothing is changed.
     */
    public suspend fun change(properties: QueueProperties)

    /**
     * Checks that all objects exist, and that columns have their types.
     *
     * @return warnings: what works, but not as an install makes it, with the command that changes it. Usually empty.
     * @throws SchemaException if not. It names what is missing or wrong, and the command that repairs it.
     */
    public suspend fun verify(): List<String>

    /**
     * Checks that none of the objects exists.
     *
     * @throws SchemaException if one does. It names what exists, and the command that removes it.
     */
    public suspend fun verifyAbsent()
}
