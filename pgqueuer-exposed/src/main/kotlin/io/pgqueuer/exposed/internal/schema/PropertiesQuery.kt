package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.QueueProperties
import io.pgqueuer.exposed.internal.sql.query
import java.sql.Connection

/** Reads the properties of an installed queue from the catalog. */
internal class PropertiesQuery(
    private val names: Names,
) {
    private val sql = """
        SELECT
            (SELECT relpersistence <> 'u' FROM pg_class WHERE oid = '${names.queue}'::regclass),
            (SELECT relpersistence <> 'u' FROM pg_class WHERE oid = '${names.log}'::regclass),
            ${names.logLevel}(),
            (
                SELECT tgenabled IN ('O', 'A') FROM pg_trigger
                WHERE tgrelid = '${names.queue}'::regclass AND tgname = '${names.trigger}'
            )
    """.trimIndent()

    fun run(connection: Connection): QueueProperties = connection.query(sql) { row ->
        QueueProperties {
            durability = when {
                !row.getBoolean(1) -> Durability.VOLATILE
                !row.getBoolean(2) -> Durability.BALANCED
                else -> Durability.DURABLE
            }
            logLevel = LogLevel.ofLabel(row.getString(3))
            notifications = row.getBoolean(4)
        }
    }.single()
}
