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
     * Adds what this version needs to the objects that an older version, or Python PgQueuer, has installed. Jobs are
     * kept. Does nothing if all objects exist.
     *
     * @throws SchemaException if none exists, or if more is missing than an upgrade adds; nothing is changed.
     */
    public suspend fun upgrade()

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
     * Checks that all objects exist.
     *
     * @throws SchemaException if not. It names what is missing, and the command that repairs it.
     */
    public suspend fun verify()

    /**
     * Checks that none of the objects exists.
     *
     * @throws SchemaException if one does. It names what exists, and the command that removes it.
     */
    public suspend fun verifyAbsent()
}
