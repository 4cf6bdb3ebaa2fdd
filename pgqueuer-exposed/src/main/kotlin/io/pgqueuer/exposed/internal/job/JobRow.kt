package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.sql.instant
import io.pgqueuer.exposed.internal.sql.readHeadersOrNull
import java.sql.ResultSet
import java.util.UUID

/** How a row of the queue is selected and read. */
internal object JobRow {
    private val columns = listOf(
        "id", "entrypoint", "status", "priority", "payload", "headers", "dedupe_key", "attempts", "rescues",
        "created", "updated", "heartbeat", "execute_after", "queue_manager_id", "lease_epoch",
        "octet_length(payload)",
    )

    /**
     * The columns of a job, in the order in which [read] expects them. The status goes out as text: a prepared statement
     * fails when the type of a column changes, as ours does where the queue is installed anew.
     */
    val COLUMNS: String = columns.joinToString { if (it == "status") "status::text" else it }

    /** As [COLUMNS], without the payloads: the length of one is read without reading it. */
    val WITHOUT_PAYLOAD: String = COLUMNS.replaceFirst(" payload,", " NULL::bytea,")

    fun read(row: ResultSet): StoredJob {
        var column = 0
        return StoredJob(
            id = JobId(row.getLong(++column)),
            entrypoint = row.getString(++column),
            status = JobStatus.ofLabel(row.getString(++column)),
            priority = row.getInt(++column),
            payload = row.getBytes(++column),
            headers = readHeadersOrNull(row.getString(++column)),
            dedupeKey = row.getString(++column),
            attempts = row.getInt(++column),
            rescues = row.getInt(++column),
            created = row.instant(++column),
            updated = row.instant(++column),
            heartbeat = row.instant(++column),
            runAt = row.instant(++column),
            workerId = row.getObject(++column, UUID::class.java)?.let(::WorkerId),
            leaseEpoch = row.getLong(++column),
            payloadBytes = row.getInt(++column).takeUnless { row.wasNull() },
        )
    }
}
