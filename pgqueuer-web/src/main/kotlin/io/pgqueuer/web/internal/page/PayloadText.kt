package io.pgqueuer.web.internal.page

import io.pgqueuer.StoredJob
import io.pgqueuer.web.PayloadRedactor
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import org.slf4j.LoggerFactory

/**
 * What is shown of a payload: as JSON if it is JSON, as text if it is text, otherwise in hex.
 *
 * @property kind says which, and whether it was cut.
 * @property isText whether [text] is the whole payload, as text.
 */
internal class PayloadText private constructor(
    val text: String,
    val kind: String,
    val isText: Boolean,
) {
    companion object {
        private const val MOST_TEXT = 100_000
        private const val MOST_HEX = 4_096
        private val log = LoggerFactory.getLogger(PayloadText::class.java)

        /** Returns null if there is nothing to show. */
        fun of(job: StoredJob, redactor: PayloadRedactor): PayloadText? {
            val payload = job.payload ?: return null
            val shown = try {
                redactor.redact(job, payload)
            } catch (e: Exception) {
                log.warn("the redactor failed for the payload of job {}; it is hidden", job.id, e)
                null
            } ?: return null
            val isWhole = shown === payload
            return text(shown)?.let { ofText(it, isWhole) } ?: ofBytes(shown)
        }

        private fun ofText(text: String, isWhole: Boolean): PayloadText {
            if (text.length > MOST_TEXT) {
                return PayloadText(text.take(MOST_TEXT), "text, the first $MOST_TEXT characters", isText = false)
            }
            val json = parsedJson(text)
            return if (json ==
                null
            ) {
                PayloadText(text, "text", isWhole)
            } else {
                PayloadText(prettyJson(json), "JSON", isWhole)
            }
        }

        private fun ofBytes(bytes: ByteArray): PayloadText {
            val lines = bytes.take(MOST_HEX).chunked(HEX_PER_LINE).mapIndexed { line, part ->
                "%06x  ".format(line * HEX_PER_LINE) + part.joinToString(" ") { "%02x".format(it) }
            }
            val cut = if (bytes.size > MOST_HEX) ", the first $MOST_HEX bytes" else ""
            return PayloadText(lines.joinToString("\n"), "in hex$cut", isText = false)
        }

        private fun text(bytes: ByteArray): String? = try {
            bytes.decodeToString(throwOnInvalidSequence = true)
                .takeIf { text -> text.none { it.isISOControl() && it !in "\n\r\t" } }
        } catch (_: CharacterCodingException) {
            null
        }

        /** Deeply nested JSON would overflow the stack. */
        private fun parsedJson(text: String): JsonElement? {
            val first = text.trimStart().firstOrNull()
            if ((first != '{' && first != '[') || text.count { it == '{' || it == '[' } > MOST_BRACKETS) return null
            return runCatching { Json.parseToJsonElement(text) }.getOrNull()
        }

        private const val HEX_PER_LINE = 16
        private const val MOST_BRACKETS = 2_000
    }
}

private val PRETTY = Json { prettyPrint = true }

internal fun prettyJson(json: JsonElement): String = PRETTY.encodeToString(JsonElement.serializer(), json)

/** A command that enqueues [job] again, for a POSIX shell. */
internal fun enqueueCommand(job: StoredJob, payload: String): String = listOfNotNull(
    "pgq queue",
    quoted(job.entrypoint),
    quoted(payload),
    "--priority ${job.priority}".takeIf { job.priority != 0 },
    job.dedupeKey?.let { "--dedupe-key ${quoted(it)}" },
).joinToString(" ")

private fun quoted(text: String) = "'" + text.replace("'", "'\\''") + "'"
