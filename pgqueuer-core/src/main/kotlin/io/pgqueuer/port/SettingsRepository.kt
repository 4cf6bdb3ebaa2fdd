package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.StoreUnavailableException
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/**
 * What all who use a queue agree on and change while workers run, by key. Changing a setting needs no right to change
 * the schema of the store.
 *
 * Each operation takes effect as a whole or not at all, and throws [StoreUnavailableException] if the store cannot be
 * reached. A change sends [QueueEvent.SettingsChanged], so that whoever goes by the settings reads them again.
 */
@PgQueuerSpi
public interface SettingsRepository {
    /** Returns all settings as they are committed. */
    public suspend fun all(): Map<String, JsonElement>

    /**
     * Sets [key] to [value], whether or not it is set. Of several that set a key at once, the last wins.
     *
     * @throws IllegalArgumentException if the key or the value is out of its bounds; see [requireSetting].
     */
    public suspend fun put(key: String, value: JsonElement)

    /** Removes the setting of [key]; returns whether there was one. */
    public suspend fun remove(key: String): Boolean

    public companion object {
        /** The most characters of a key. */
        public const val MAX_KEY_LENGTH: Int = 200

        /** How deep objects and arrays of a value may be nested. */
        public const val MAX_DEPTH: Int = 64
    }
}

/**
 * Checks a setting as every store must.
 *
 * @throws IllegalArgumentException if the key is blank, longer than [SettingsRepository.MAX_KEY_LENGTH], or not
 * storable as text, or if the value is nested deeper than [SettingsRepository.MAX_DEPTH].
 */
@PgQueuerSpi
public fun requireSetting(key: String, value: JsonElement) {
    require(key.isNotBlank()) { "the key of a setting must not be blank, was '$key'" }
    require(key.length <= SettingsRepository.MAX_KEY_LENGTH) {
        "the key of a setting must have at most ${SettingsRepository.MAX_KEY_LENGTH} characters, had ${key.length}"
    }
    require(key.storable() == key) { "the key of a setting must have no NUL and no lone surrogate, was '$key'" }
    requireDepth(key, listOf(value))
}

/** By levels, without recursion: what is nested too deep would overflow the stack. */
private fun requireDepth(key: String, level: List<JsonElement>) {
    var elements = level
    var depth = 0
    while (elements.isNotEmpty()) {
        elements = elements.flatMap {
            when (it) {
                is JsonObject -> it.values
                is JsonArray -> it
                else -> emptyList()
            }
        }
        depth++
        require(depth <= SettingsRepository.MAX_DEPTH + 1) {
            "the value of setting '$key' must be nested at most ${SettingsRepository.MAX_DEPTH} deep"
        }
    }
}
