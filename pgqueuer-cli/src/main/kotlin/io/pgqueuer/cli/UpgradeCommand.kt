package io.pgqueuer.cli

import io.pgqueuer.exposed.PostgresSchema

internal class UpgradeCommand : SchemaCommand(
    "upgrade",
    "Add what this version needs to the tables of an older one, or of Python PgQueuer; jobs are kept.",
) {
    override fun sql(schema: PostgresSchema) = schema.upgradeSql()

    override suspend fun change(): String {
        withBackend { it.schema.upgrade() }
        return "up to date"
    }
}
