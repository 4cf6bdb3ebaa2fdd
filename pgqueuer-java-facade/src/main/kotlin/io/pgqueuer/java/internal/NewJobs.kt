package io.pgqueuer.java.internal

import io.pgqueuer.domain.headersOf
import io.pgqueuer.java.NewJob
import java.time.Duration
import kotlin.time.toKotlinDuration
import io.pgqueuer.domain.NewJob as CoreNewJob

fun requireValid(
    entrypoint: String,
    priority: Int,
    delay: Duration,
    dedupeKey: String?,
    headers: Map<String, String>,
) {
    newJob(entrypoint, null, priority, delay, dedupeKey, headers)
}

internal fun NewJob.toCore(): CoreNewJob = newJob(entrypoint, payload, priority, delay, dedupeKey, headers)

private fun newJob(
    entrypoint: String,
    payload: ByteArray?,
    priority: Int,
    delay: Duration,
    dedupeKey: String?,
    headers: Map<String, String>,
) = CoreNewJob(
    entrypoint,
    payload,
    priority,
    delay.toKotlinDuration(),
    dedupeKey,
    if (headers.isEmpty()) null else headersOf(*headers.toList().toTypedArray()),
)
