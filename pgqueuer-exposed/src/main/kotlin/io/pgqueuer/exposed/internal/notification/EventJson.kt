package io.pgqueuer.exposed.internal.notification

import io.pgqueuer.JobId
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.TableOperation
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.add
import kotlinx.serialization.json.boolean
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
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Instant

/** The JSON of notifications, most of them shared with Python PgQueuer. Unknown fields are ignored. */
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

        is QueueEvent.PausesChanged -> updated(event, names.pausesTable)

        is QueueEvent.JobsCanceled -> event(event, CANCELLATION) {
            putJsonArray("ids") { event.ids.forEach { add(it.value) } }
            if (event.isRecorded) put(RECORDED, true)
        }

        is QueueEvent.HealthCheck -> event(event, HEALTH_CHECK) { put("id", event.id.toString()) }

        is QueueEvent.NothingDue -> event(event, NOTHING_DUE) {
            put("after", event.after)
            put("kind", event.kind.toString())
            put("worker", event.worker.toString())
            put("found", event.found)
            event.nextDue?.let { put(NEXT_DUE, it.inWholeMicroseconds) }
        }
    }

    /** Returns the channel of [event]. */
    fun channel(event: QueueEvent): String = if (event is QueueEvent.NothingDue) names.workersChannel else names.channel

    /**
     * Reads the [payload] of a notification. If it is not a known event, returns null and logs it. Anybody can send
     * anything on the channel, so invalid content is not an error.
     *
     * @param queue the [QUEUE] of events that are only for workers of this queue. Returns null for those of others.
     */
    fun read(payload: String, queue: Long? = null): QueueEvent? = try {
        parse(payload, queue)
    } catch (e: Exception) {
        drop(payload, e)
    } catch (e: StackOverflowError) {
        drop(payload, e)
    }

    private fun drop(payload: String, why: Throwable): QueueEvent? {
        log.warn("dropped a notification that cannot be read ({}): {}", why.message?.shown(), payload.shown())
        return null
    }

    private fun parse(payload: String, queue: Long?): QueueEvent? {
        val json = Json.parseToJsonElement(payload).jsonObject
        val sentAt = Instant.parse(json.text("sent_at"))
        return when (val type = json.text("type")) {
            TABLE_CHANGED -> {
                val operation = TableOperation.valueOf(json.text("operation").uppercase())
                when ((json["table"] as? JsonPrimitive)?.content) {
                    names.schedulesTable -> QueueEvent.SchedulesChanged(sentAt)
                    names.pausesTable -> QueueEvent.PausesChanged(sentAt)
                    else -> QueueEvent.TableChanged(operation, sentAt)
                }
            }

            CANCELLATION -> QueueEvent.JobsCanceled(
                json.part("ids").jsonArray.map { JobId(it.jsonPrimitive.long) },
                sentAt,
                isRecorded = (json[RECORDED] as? JsonPrimitive)?.booleanOrNull == true,
            )

            HEALTH_CHECK -> QueueEvent.HealthCheck(UUID.fromString(json.text("id")), sentAt)

            NOTHING_DUE -> if (json.number(QUEUE) == queue) nothingDue(json, sentAt) else null

            else -> throw IllegalArgumentException("unknown event type '${type.shown()}'")
        }
    }

    private fun nothingDue(json: JsonObject, sentAt: Instant) = QueueEvent.NothingDue(
        json.text("after"),
        UUID.fromString(json.text("kind")),
        WorkerId(UUID.fromString(json.text("worker"))),
        json.part("found").jsonPrimitive.boolean,
        json.number(NEXT_DUE)?.microseconds,
        sentAt,
    )

    private fun updated(event: QueueEvent, table: String) = event(event, TABLE_CHANGED) {
        put("operation", TableOperation.UPDATE.name.lowercase())
        put("table", table)
    }

    private fun event(event: QueueEvent, type: String, more: JsonObjectBuilder.() -> Unit) = buildJsonObject {
        put("channel", channel(event))
        put("sent_at", event.sentAt.toString())
        put("type", type)
        more()
    }.toString()

    private fun JsonObject.part(name: String) = requireNotNull(this[name]) { "no '$name'" }

    private fun JsonObject.number(name: String): Long? = this[name]?.jsonPrimitive?.long

    private fun JsonObject.text(name: String): String = part(name).jsonPrimitive.content

    /** A payload can have nearly 8,000 bytes, and line breaks. */
    private fun String.shown() = lineSequence().joinToString(" ").let {
        if (it.length > SHOWN) it.take(SHOWN) + "… (${it.length} characters)" else it
    }

    companion object {
        /**
         * The field with the OID of the queue's table. The server adds it. Queues of other schemas may share the
         * channel.
         */
        const val QUEUE = "queue"

        private const val SHOWN = 200
        private val log = LoggerFactory.getLogger(EventJson::class.java)

        private const val TABLE_CHANGED = "table_changed_event"
        private const val CANCELLATION = "cancellation_event"
        private const val HEALTH_CHECK = "health_check_event"
        private const val NOTHING_DUE = "nothing_due_event"

        /** In microseconds. */
        private const val NEXT_DUE = "next_due"

        /** Ours alone: whether the rows of the jobs show the cancellation. Python ignores it, and does not send it. */
        private const val RECORDED = "recorded"
    }
}
