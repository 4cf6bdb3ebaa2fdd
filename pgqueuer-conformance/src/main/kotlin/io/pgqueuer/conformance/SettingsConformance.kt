package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeIn
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.port.SettingsRepository
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonPrimitive

fun settingsConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("there are none at first; what is put is read, replaced and removed") {
        val settings = backend.store.settings
        settings.all().shouldBeEmpty()
        settings.put("a", JsonPrimitive(1))
        settings.put("b", JsonPrimitive(true))
        settings.all() shouldBe mapOf("a" to JsonPrimitive(1), "b" to JsonPrimitive(true))
        settings.put("a", JsonPrimitive("one"))
        settings.all() shouldBe mapOf("a" to JsonPrimitive("one"), "b" to JsonPrimitive(true))
        settings.remove("a") shouldBe true
        settings.remove("a") shouldBe false
        settings.all() shouldBe mapOf("b" to JsonPrimitive(true))
    }

    test("a value is JSON of any kind") {
        val settings = backend.store.settings
        for (json in listOf(
            "null", "true", "0", "-12.50", "9223372036854775807", "\"\"", "\"é 💶 \\\" \\\\ \\n\"", "[]", "{}",
            "[1, [2, {\"a\": null}]]", "{\"a\": {\"b\": [true]}, \"\": 1}",
        )) {
            val value = Json.parseToJsonElement(json)
            withClue(json) {
                settings.put("k", value)
                settings.all() shouldBe mapOf("k" to value)
            }
        }
    }

    test("what text cannot hold is replaced in a value, and refused in a key") {
        val settings = backend.store.settings
        settings.put("k", JsonPrimitive("a\u0000b"))
        settings.all() shouldBe mapOf("k" to JsonPrimitive("a\uFFFDb"))
        for (key in listOf("", " ", "a\u0000b", "a\uD800", "k".repeat(SettingsRepository.MAX_KEY_LENGTH + 1))) {
            withClue(key) { shouldThrow<IllegalArgumentException> { settings.put(key, JsonPrimitive(1)) } }
        }
        settings.all().size shouldBe 1
    }

    test("a value may be nested as deep as allowed, and no deeper") {
        val settings = backend.store.settings
        val deepest = nested(SettingsRepository.MAX_DEPTH)
        settings.put("k", deepest)
        shouldThrow<IllegalArgumentException> { settings.put("k", nested(SettingsRepository.MAX_DEPTH + 1)) }
        // As text: an assertion cannot compare values that are nested this deep.
        settings.all().getValue("k").toString() shouldBe deepest.toString()
    }

    test("of puts at the same instant each takes effect as a whole, and one is the last") {
        val settings = backend.store.settings
        val values = List(20) { JsonPrimitive(it) }
        coroutineScope {
            values.forEach { value ->
                launch(Dispatchers.Default) {
                    settings.put("shared", value)
                    settings.put("own ${value.content}", value)
                }
            }
        }
        val all = settings.all()
        all.getValue("shared") shouldBeIn values
        values.forEach { all["own ${it.content}"] shouldBe it }
        all.size shouldBe 21
    }

    test("settings survive a second install, and end with an uninstall") {
        backend.store.settings.put("k", JsonPrimitive(1))
        backend.schema.install()
        backend.schema.upgrade()
        backend.store.settings.all() shouldBe mapOf("k" to JsonPrimitive(1))
        try {
            backend.schema.uninstall()
        } finally {
            backend.schema.install()
        }
        backend.store.settings.all().shouldBeEmpty()
    }
}

private fun nested(depth: Int): JsonElement =
    (1..depth).fold<Int, JsonElement>(JsonPrimitive(1)) { inner, _ -> JsonArray(listOf(inner)) }
