package io.pgqueuer.cli.look

import io.pgqueuer.HeldJob
import io.pgqueuer.LogEntry
import io.pgqueuer.StoredJob

/** A job as one line of a listing. */
internal fun jobRow(job: StoredJob) = Row(
    "id" to job.id.value,
    "entrypoint" to job.entrypoint,
    "status" to job.status.label,
    "priority" to job.priority,
    "created" to job.created,
    "run_at" to job.runAt,
    "attempts" to job.attempts,
    "worker" to job.workerId,
    "dedupe_key" to job.dedupeKey,
)

/** All that is known of a job, except its payload. */
internal fun jobDetails(job: StoredJob) = Row(
    "id" to job.id.value,
    "entrypoint" to job.entrypoint,
    "status" to job.status.label,
    "priority" to job.priority,
    "created" to job.created,
    "updated" to job.updated,
    "run_at" to job.runAt,
    "attempts" to job.attempts,
    "rescues" to job.rescues,
    "worker" to job.workerId,
    "heartbeat" to job.heartbeat.takeIf { job.workerId != null },
    "cancel_requested" to job.cancelRequestedAt,
    "dedupe_key" to job.dedupeKey,
    "headers" to job.headers,
    "payload_bytes" to job.payloadBytes,
)

/** A job that is held, with its failure. */
internal fun heldRow(held: HeldJob) = Row(
    "id" to held.job.id.value,
    "entrypoint" to held.job.entrypoint,
    "attempts" to held.job.attempts,
    "failure" to (held.failure?.run { "$type: $message" } ?: "the log has no failure any more"),
)

/** A running job whose heartbeat is old. */
internal fun staleRow(job: StoredJob) = Row(
    "id" to job.id.value,
    "entrypoint" to job.entrypoint,
    "worker" to job.workerId,
    "heartbeat" to job.heartbeat,
    "rescues" to job.rescues,
)

/** An entry of the log of all jobs. */
internal fun logRow(entry: LogEntry) = Row(
    "id" to entry.id,
    "time" to entry.created,
    "job" to entry.jobId.value,
    "entrypoint" to entry.entrypoint,
    "status" to entry.status.label,
    "worker" to entry.workerId,
    "failure" to failureText(entry),
)

/** A step in the life of one job. */
internal fun stepRow(entry: LogEntry) = Row(
    "time" to entry.created,
    "status" to entry.status.label,
    "worker" to entry.workerId,
    "lease_epoch" to entry.leaseEpoch,
    "failure" to failureText(entry),
)

/** What failed; null if nothing did. */
internal fun failureText(entry: LogEntry): String? = entry.failure?.run { "$type: $message" }
