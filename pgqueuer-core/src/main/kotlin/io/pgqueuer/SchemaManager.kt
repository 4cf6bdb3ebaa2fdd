package io.pgqueuer

/** The objects in the store that the queue needs. */
public interface SchemaManager {
    /**
     * Creates what the queue needs, with [properties]. A no-op where all of it is there, whatever its properties.
     *
     * @throws SchemaException if a part of it is there and not as expected; nothing is changed.
     */
    public suspend fun install(properties: QueueProperties = QueueProperties())

    /**
     * Adds what this version needs to what an older one, or Python PgQueuer, installed; jobs are kept. A no-op where all
     * of it is there.
     *
     * @throws SchemaException if nothing is there, or more is missing than an upgrade adds; nothing is changed.
     */
    public suspend fun upgrade()

    /** Removes all of it with all jobs. A no-op where none of it is there. */
    public suspend fun uninstall()

    /**
     * Returns what was agreed on for this queue.
     *
     * @throws SchemaException as [verify] does.
     */
    public suspend fun properties(): QueueProperties

    /**
     * Agrees on [properties] for all who use the queue, from their next statement on. Changes what differs alone; another
     * durability rewrites tables, and locks them as long.
     *
     * @throws SchemaException as [verify] does; nothing is changed.
     */
    public suspend fun change(properties: QueueProperties)

    /**
     * Checks that all of it is there.
     *
     * @throws SchemaException naming what is missing and the command that mends it.
     */
    public suspend fun verify()

    /**
     * Checks that none of it is there.
     *
     * @throws SchemaException naming what is there and the command that removes it.
     */
    public suspend fun verifyAbsent()
}
