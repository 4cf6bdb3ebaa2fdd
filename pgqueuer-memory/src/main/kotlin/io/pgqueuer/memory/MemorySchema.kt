package io.pgqueuer.memory

import io.pgqueuer.PythonIndexes
import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaDifference
import io.pgqueuer.SchemaManager
import io.pgqueuer.UpgradeStep
import kotlinx.coroutines.yield

/**
 * The schema is installed from the start. An uninstall drops all jobs and the log. After that, every operation fails as
 * it does on a database without the tables, until an install. Ids then start at 1 again. The durability is stored but
 * has no effect. There are no indexes, and nothing to upgrade.
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

    override suspend fun upgrade(pythonIndexes: PythonIndexes) = store.transaction { }

    override suspend fun upgradePlan(pythonIndexes: PythonIndexes): List<UpgradeStep> = store.transaction {
        emptyList()
    }

    override suspend fun properties(): QueueProperties = store.transaction { properties }

    override suspend fun change(properties: QueueProperties) = store.transaction { this.properties = properties }

    override suspend fun changePlan(properties: QueueProperties): List<UpgradeStep> = store.transaction { emptyList() }

    override suspend fun verify(): List<SchemaDifference> = store.transaction { emptyList() }

    override suspend fun verifyAbsent() {
        yield()
        store.requireUninstalled()
    }
}
