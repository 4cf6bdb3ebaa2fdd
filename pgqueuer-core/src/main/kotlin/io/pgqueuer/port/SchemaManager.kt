package io.pgqueuer.port

import io.pgqueuer.domain.Durability
import io.pgqueuer.domain.SchemaException

/** The objects in the store that the queue needs. */
public interface SchemaManager {
    /**
     * Creates what the queue needs. A no-op where all of it is there.
     *
     * @throws SchemaException if a part of it is there and not as expected; nothing is changed.
     */
    public suspend fun install(durability: Durability = Durability.DURABLE)

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
