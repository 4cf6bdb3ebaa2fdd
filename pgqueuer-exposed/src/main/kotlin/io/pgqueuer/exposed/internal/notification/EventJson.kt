package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.JobId
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.TableOperation
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.add
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import org.slf4j.LoggerFactory
import java.util.UUID
import kotlin.time.Instant

/** The JSON of notifications, shared with Python PgQueuer. Unknown fields are ignored. */
internal class EventJson(
    private val names: Names,
) {
    fun write(event: QueueEvent): String = when (event) {
        is QueueEvent.TableChanged -> event(event, TABLE_CHANGED) {
            put("operation", event.operation.name.lowercase())
            put("table", names.queueTable)
        }

        // Python, and older workers of ours, understand these as changes of the queue, and look for work.
        is QueueEvent.SchedulesChanged -> updated(event, names.schedulesTable)

        is QueueEvent.SettingsChanged -> updated(event, names.settingsTable)

        is QueueEvent.JobsCanceled -> event(event, CANCELLATION) {
            putJsonArray("ids") { event.ids.forEach { add(it.value) } }
            if (event.isRecorded) put(RECORDED, true)
        }

        is QueueEvent.HealthCheck -> event(event, HEALTH_CHECK) { put("id", event.id.toString()) }
    }

    /**
     * Reads the [payload] of a notification. If it is not a known event, returns null and logs it. Anybody can send
     * anything on the channel, so invalid content is not an error.
     */
    fun read(payload: String): QueueEvent? = try {
        parse(payload)
    } catch (e: Exception) {
        drop(payload, e)
    } catch (e: StackOverflowError) {
        drop(payload, e)
    }

    private fun drop(payload: String, why: Throwable): QueueEvent? {
        log.warn("dropped a notification that cannot be read ({}): {}", why.message?.shown(), payload.shown())
        return null
    }

    private fun parse(payload: String): QueueEvent {
        val json = Json.parseToJsonElement(payload).jsonObject
        val sentAt = Instant.parse(json.text("sent_at"))
        return when (val type = json.text("type")) {
            TABLE_CHANGED -> {
                val operation = TableOperation.valueOf(json.text("operation").uppercase())
                when ((json["table"] as? JsonPrimitive)?.content) {
                    names.schedulesTable -> QueueEvent.SchedulesChanged(sentAt)
                    names.settingsTable -> QueueEvent.SettingsChanged(sentAt)
                    else -> QueueEvent.TableChanged(operation, sentAt)
                }
            }

            CANCELLATION -> QueueEvent.JobsCanceled(
                json.part("ids").jsonArray.map { JobId(it.jsonPrimitive.long) },
                sentAt,
                isRecorded = (json[RECORDED] as? JsonPrimitive)?.booleanOrNull == true,
            )

            HEALTH_CHECK -> QueueEvent.HealthCheck(UUID.fromString(json.text("id")), sentAt)

            else -> throw IllegalArgumentException("unknown event type '${type.shown()}'")
        }
    }

    private fun updated(event: QueueEvent, table: String) = event(event, TABLE_CHANGED) {
        put("operation", TableOperation.UPDATE.name.lowercase())
        put("table", table)
    }

    private fun event(event: QueueEvent, type: String, more: JsonObjectBuilder.() -> Unit) = buildJsonObject {
        put("channel", names.channel)
        put("sent_at", event.sentAt.toString())
        put("type", type)
        more()
    }.toString()

    private fun JsonObject.part(name: String) = requireNotNull(this[name]) { "no '$name'" }

    private fun JsonObject.text(name: String): String = part(name).jsonPrimitive.content

    /** A payload can have nearly 8,000 bytes, and line breaks. */
    private fun String.shown() = lineSequence().joinToString(" ").let {
        if (it.length > SHOWN) it.take(SHOWN) + "… (${it.length} characters)" else it
    }

    private companion object {
        const val SHOWN = 200
        val log = LoggerFactory.getLogger(EventJson::class.java)

        const val TABLE_CHANGED = "table_changed_event"
        const val CANCELLATION = "cancellation_event"
        const val HEALTH_CHECK = "health_check_event"

        /** Ours alone: whether the rows of the jobs show the cancellation. Python ignores it, and does not send it. */
        const val RECORDED = "recorded"
    }
}
