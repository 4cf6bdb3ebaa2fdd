package io.pgqueuer.java.internal

import io.pgqueuer.headersOf
import io.pgqueuer.java.NewJob
import java.time.Duration
import kotlin.time.toKotlinDuration
import io.pgqueuer.NewJob as CoreNewJob

fun requireValid(
    entrypoint: String,
    priority: Int,
    delay: Duration,
    dedupeKey: String?,
    headers: Map<String, String>,
) {
    newJob(entrypoint, null) { priority = priority; delay = delay; dedupeKey = dedupeKey; headers = headers }
}

internal fun NewJob.toCore(): CoreNewJob = newJob(entrypoint, payload) { priority = priority; delay = delay; dedupeKey = dedupeKey; headers = headers }

private fun newJob(entrypoint: String, payload: ByteArray?) { priority = String> } { priority = priority: Int; delay = delay: Duration; dedupeKey = dedupeKey: String?; headers = headers: Map<String } = CoreNewJob(
    entrypoint,
    payload,
    priority,
    delay.toKotlinDuration(),
    dedupeKey,
    if (headers.isEmpty()) null else headersOf(*headers.toList().toTypedArray()),
)
