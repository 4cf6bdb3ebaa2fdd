package io.pgqueuer.cli.mcp

import io.pgqueuer.StoredJob
import java.util.Base64

/** The payload of a job: as text if it is UTF-8, otherwise in Base64. Only the beginning of a long one. */
internal fun payloadCells(job: StoredJob): List<Pair<String, Any?>> {
    val payload = job.payload ?: return listOf("payload" to null)
    val text = runCatching { payload.decodeToString(throwOnInvalidSequence = true) }.getOrNull()
    if (text != null) return listOf("payload" to text, "payload_encoding" to "utf-8")
    val shown = payload.copyOf(minOf(payload.size, MOST_BYTES))
    return listOf("payload" to Base64.getEncoder().encodeToString(shown), "payload_encoding" to "base64")
}

private const val MOST_BYTES = 4_096
