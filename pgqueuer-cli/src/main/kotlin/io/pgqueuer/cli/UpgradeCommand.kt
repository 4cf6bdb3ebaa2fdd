package io.pgqueuer.cli

import io.pgqueuer.exposed.PostgresSchema

internal class UpgradeCommand : SchemaCommand(
    "upgrade",
    "Add what this version needs to the tables of an older version, or of Python PgQueuer. Jobs are kept.",
) {
    override fun sql(schema: PostgresSchema) = schema.upgradeSql()

    override suspend fun change(): String {
        withBackend { it.schema.upgrade() }
        return "up to date"
    }
}
