package io.pgqueuer.memory

import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaManager
import kotlinx.coroutines.yield

/**
 * There from the start. An uninstall drops all jobs and the log; from then on every operation fails as on a database
 * without the tables, until an install, after which ids start at 1 again. The durability is kept and means nothing.
 */
internal class MemorySchema(private val store: MemoryDatabase) : SchemaManager {
    override suspend fun install(properties: QueueProperties) {
        yield()
        store.install(properties)
    }

    override suspend fun uninstall() {
        yield()
        store.uninstall()
    }

    override suspend fun upgrade() = verify()

    override suspend fun properties(): QueueProperties = store.transaction { properties }

    override suspend fun change(properties: QueueProperties) = store.transaction { this.properties = properties }

    override suspend fun verify() = store.transaction { }

    override suspend fun verifyAbsent() {
        yield()
        store.requireUninstalled()
    }
}
