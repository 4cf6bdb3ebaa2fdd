package io.pgqueuer.exposed.internal.setting

import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.notification.Notices
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.query
import io.pgqueuer.exposed.internal.sql.readJson
import io.pgqueuer.exposed.internal.sql.update
import io.pgqueuer.exposed.internal.table.SettingsTable
import io.pgqueuer.port.SettingsRepository
import io.pgqueuer.port.requireSetting
import io.pgqueuer.port.storable
import kotlinx.serialization.json.JsonElement
import org.slf4j.LoggerFactory

/**
 * The settings in PostgreSQL. The repository needs SELECT, INSERT, UPDATE and DELETE on their table, and nothing else.
 *
 * @param engine for reading; never joins a transaction of the caller.
 * @param callers for changes; joins the caller's transaction.
 */
internal class PostgresSettingsRepository(
    names: Names,
    private val engine: Transactions,
    private val callers: Transactions,
    private val notices: Notices,
) : SettingsRepository {
    private val all = "SELECT ${SettingsTable.key}, ${SettingsTable.value} FROM ${names.settings}"

    /** By the primary key, which is the conflict's arbiter. */
    private val put = """
        INSERT INTO ${names.settings} (${SettingsTable.key}, ${SettingsTable.value}) VALUES (?, ?::jsonb)
        ON CONFLICT (${SettingsTable.key}) DO UPDATE
        SET ${SettingsTable.value} = excluded.${SettingsTable.value}, ${SettingsTable.updated} = now()
    """.trimIndent()

    /** By the primary key. */
    private val remove = "DELETE FROM ${names.settings} WHERE ${SettingsTable.key} = ?"

    /** Leaves out values that were written by hand and cannot be read. */
    override suspend fun all(): Map<String, JsonElement> = engine.own { connection ->
        connection.query(all) { row -> row.getString(1) to row.getString(2) }
    }.mapNotNull { (key, jsonb) ->
        val value = readJson(jsonb)
        if (value == null) log.warn("ignored the setting '{}': its value cannot be read; put or remove it", key)
        value?.let { key to it }
    }.toMap()

    override suspend fun put(key: String, value: JsonElement) {
        requireSetting(key, value)
        callers.joining { connection ->
            connection.update(put, listOf(key, value.storable().toString()))
            notices.settingsChanged(connection)
        }
    }

    override suspend fun remove(key: String): Boolean = callers.joining { connection ->
        val isRemoved = connection.update(remove, listOf(key)) > 0
        if (isRemoved) notices.settingsChanged(connection)
        isRemoved
    }

    private companion object {
        val log = LoggerFactory.getLogger(PostgresSettingsRepository::class.java)
    }
}
