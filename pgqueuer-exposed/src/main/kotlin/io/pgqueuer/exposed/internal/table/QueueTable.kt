package io.pgqueuer.exposed.internal.table

import io.pgqueuer.NewJob
import io.pgqueuer.exposed.internal.sql.microsSince1970
import io.pgqueuer.exposed.internal.sql.toJsonb
import io.pgqueuer.exposed.internal.sql.toMicros

/**
 * The queue: one row for each job.
 *
 * To add a column:
 * 1. Declare it here with `isAdded = true` and, in its type, a default. Install, upgrade and verify then have it.
 * 2. If producers set it, add to [filled] how an enqueue fills it. Every way to enqueue then has it.
 * 3. If handlers or listings see it, read it in `readJob`. Claims and listings select every column already.
 */
internal object QueueTable : Table() {
    val id = declare(LongColumn("id", "bigserial PRIMARY KEY"))
    val priority = declare(IntColumn("priority", "int NOT NULL"))
    val workerId = declare(WorkerColumn("queue_manager_id", "uuid"))
    val created = declare(TimeColumn("created", "timestamptz NOT NULL DEFAULT now()"))
    val updated = declare(TimeColumn("updated", "timestamptz NOT NULL DEFAULT now()"))
    val heartbeat = declare(TimeColumn("heartbeat", "timestamptz NOT NULL DEFAULT now()"))
    val executeAfter = declare(TimeColumn("execute_after", "timestamptz NOT NULL DEFAULT now()"))
    val status = declare(StatusColumn("status", "NOT NULL"))
    val entrypoint = declare(TextColumn("entrypoint", "text NOT NULL"))
    val dedupeKey = declare(TextColumn("dedupe_key", "text"))
    val payload = declare(BytesColumn("payload", "bytea"))
    val headers = declare(JsonColumn("headers", "jsonb"))
    val attempts = declare(IntColumn("attempts", "int NOT NULL DEFAULT 0"))
    val leaseEpoch = declare(LongColumn("lease_epoch", "bigint NOT NULL DEFAULT 0", isAdded = true))
    val rescues = declare(IntColumn("rescues", "int NOT NULL DEFAULT 0", isAdded = true))

    /**
     * The seat of a running job of an entrypoint with a concurrency limit: a number below the limit. A unique index
     * allows one running job for each seat, so that no limit is exceeded, also beside Python PgQueuer from 1.4 on. Null
     * for all other jobs.
     */
    val slot = declare(LongColumn("slot", "bigint", isAdded = true))

    /** When somebody asked to cancel the job while it was picked. Its worker records the end. */
    val cancelRequested = declare(TimeColumn("cancel_requested", "timestamptz", isAdded = true))

    /** Its length is read without reading the payload. */
    val payloadBytes = declare(ComputedInt("payload_bytes") { "octet_length(${payload.selected(it)})" })

    /**
     * The columns that an enqueue fills, and their values. All other columns except [id] and [status] have their
     * defaults. The payload comes last, as it differs from job to job.
     */
    val filled: List<Filling> = listOf(
        Filling.of(priority, "int", NewJob::priority, encode = { it }, CopyOut::int),
        Filling.of(entrypoint, "text", NewJob::entrypoint, encode = { it }, CopyOut::text),
        Filling(
            executeAfter,
            listOf(
                Parameter.of("delay", "bigint", NewJob::delay) { it.toMicros() },
                Parameter.of("run_at", "bigint", NewJob::runAt) { it?.microsSince1970() },
            ),
            // A null run_at is ignored; a time in the past means now.
            value = "greatest(now() + delay * interval '1 microsecond', " +
                "timestamptz 'epoch' + run_at * interval '1 microsecond')",
        ) { job, now ->
            time(job.runAt?.microsSince1970()?.coerceAtLeast(now) ?: (now + job.delay.toMicros()))
        },
        Filling.of(dedupeKey, "text", NewJob::dedupeKey, encode = { it }, CopyOut::text),
        Filling.of(headers, "text", NewJob::headers, encode = { it?.toJsonb() }, CopyOut::jsonb, cast = "::jsonb"),
        Filling.of(payload, "bytea", NewJob::payload, encode = { it }, CopyOut::bytes),
    )
}
