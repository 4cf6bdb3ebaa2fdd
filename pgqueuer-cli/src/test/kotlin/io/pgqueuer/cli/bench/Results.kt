package io.pgqueuer.cli.bench

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** Returns the objects that `--json` has printed. */
internal fun lines(out: String): List<JsonObject> =
    out.lines().filter(String::isNotBlank).map { Json.parseToJsonElement(it).jsonObject }

internal fun JsonObject.number(name: String): Double = getValue(name).jsonPrimitive.double

internal val JsonObject.bench: String get() = getValue("bench").jsonPrimitive.content
