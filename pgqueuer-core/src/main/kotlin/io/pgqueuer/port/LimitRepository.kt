package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.StoreUnavailableException

/**
 * The concurrency limits that workers declare when they start. They are there for those who look at the queue: a claim
 * uses the limits of its own request.
 */
@PgQueuerSpi
public interface LimitRepository {
    /**
     * Stores the limits of entrypoints, instead of what was declared before. A null limit removes what is stored. Writes
     * nothing if nothing differs. Entrypoints that are not among [limits] stay as they are.
     *
     * @return null, or, if the store's user lacks a right, the statement that grants it. Nothing is stored then.
     * @throws StoreUnavailableException if the store cannot be reached.
     */
    public suspend fun declare(limits: Map<String, Int?>): String?
}
