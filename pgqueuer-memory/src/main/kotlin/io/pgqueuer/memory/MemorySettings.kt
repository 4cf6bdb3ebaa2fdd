package io.pgqueuer.memory

import io.pgqueuer.port.SettingsRepository
import io.pgqueuer.port.requireSetting
import io.pgqueuer.port.storable
import kotlinx.serialization.json.JsonElement

internal class MemorySettings(private val store: MemoryDatabase) : SettingsRepository {
    override suspend fun all(): Map<String, JsonElement> = store.transaction { settings.toMap() }

    override suspend fun put(key: String, value: JsonElement) {
        requireSetting(key, value)
        store.transaction {
            settings[key] = value.storable()
            settingsChanged()
        }
    }

    override suspend fun remove(key: String): Boolean = store.transaction {
        (settings.remove(key) != null).also { if (it) settingsChanged() }
    }
}
