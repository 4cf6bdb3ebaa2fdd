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
     * Tables are locked until it is done: each step names its [locks][UpgradeStep.locks]. A step that
     * [rewrites][UpgradeStep.rewrites] a table takes long if the table is large. Calls at the same time wait for each
     * other, also in other processes.
     *
     * @param pythonIndexes what to do about the indexes that only the statements of Python PgQueuer use; default: leave
     * them as they are.
     * @throws SchemaException if nothing is installed, or if something is missing or wrong that an upgrade cannot fix;
     * nothing is changed.
     */
    public suspend fun upgrade(pythonIndexes: PythonIndexes = PythonIndexes.KEEP)

    /**
     * Returns what [upgrade] would do now, in order; empty if there is nothing to do. It changes nothing.
     *
     * @throws SchemaException in the same cases as [upgrade].
     */
    public suspend fun upgradePlan(pythonIndexes: PythonIndexes = PythonIndexes.KEEP): List<UpgradeStep>

    /**
     * Does what [mode] says, for an application that starts. It can be called by many processes at the same time. The
     * role of the connection needs the rights to create or change objects only if there is something to create or change.
     *
     * @return the warnings of [verify], for the log of the application; empty with [SchemaMode.NONE].
     * @throws SchemaException if something is missing or wrong that [mode] does not repair. It has all
     * [differences][SchemaException.differences], each with what repairs it.
     */
    public suspend fun prepare(mode: SchemaMode): List<SchemaDifference> {
        when (mode) {
            SchemaMode.NONE -> return emptyList()
            SchemaMode.VALIDATE -> Unit
            SchemaMode.INSTALL -> install()
            SchemaMode.UPGRADE -> if (isAbsent()) install() else upgrade()
        }
        return verify()
    }

    private suspend fun isAbsent(): Boolean = try {
        verifyAbsent()
        true
    } catch (_: SchemaException) {
        false
    }

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
     * statement on. It makes the steps of [changePlan], in one transaction, and does nothing if there are none. A change
     * of durability rewrites tables, and locks them until that is done.
     *
     * @throws SchemaException in the same cases as [verify]; nothing is changed.
     */
    public suspend fun change(properties: QueueProperties)

    /**
     * Returns what [change] would do now, in order; empty if there is nothing to do. It changes nothing.
     *
     * @throws SchemaException in the same cases as [verify].
     */
    public suspend fun changePlan(properties: QueueProperties): List<UpgradeStep>

    /**
     * Compares all objects with those that this version installs: columns with their types and defaults, indexes with
     * their definitions, functions with their bodies, and the trigger. It changes nothing.
     *
     * @return the warnings: differences with which the queue works. Usually empty.
     * @throws SchemaException if there is an error: something is missing or wrong. It has all
     * [differences][SchemaException.differences], each with what repairs it.
     */
    public suspend fun verify(): List<SchemaDifference>

    /**
     * Checks that none of the objects exists.
     *
     * @throws SchemaException if one does. It names what exists, and the command that removes it.
     */
    public suspend fun verifyAbsent()
}
