package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.sql.readHeadersOrNull
import io.pgqueuer.exposed.internal.table.Column
import io.pgqueuer.exposed.internal.table.QueueTable
import io.pgqueuer.exposed.internal.table.Selection
import kotlinx.serialization.json.JsonObject
import java.sql.ResultSet
import kotlin.time.Instant

/** Selects and reads whole rows of the queue, in a statement that uses [alias] for the table. */
internal class JobRow private constructor(
    alias: String,
    instead: Map<Column, String> = emptyMap(),
) {
    private val selection =
        Selection(QueueTable, QueueTable.columns + QueueTable.payloadBytes, alias, instead = instead)

    /** The list of the `SELECT`. */
    val columns: String = selection.sql

    fun read(row: ResultSet): StoredJob = selection.readJob(
        row,
        id = JobId(selection[row, QueueTable.id]),
        entrypoint = selection[row, QueueTable.entrypoint],
        status = selection[row, QueueTable.status],
        headers = readHeadersOrNull(selection[row, QueueTable.headers]),
        updated = selection[row, QueueTable.updated],
        heartbeat = selection[row, QueueTable.heartbeat],
        workerId = selection[row, QueueTable.workerId],
        leaseEpoch = selection[row, QueueTable.leaseEpoch],
        payloadBytes = selection[row, QueueTable.payloadBytes],
        cancelRequestedAt = selection.orNull(row, QueueTable.cancelRequested),
    )

    companion object {
        fun of(alias: String) = JobRow(alias)

        /** For listings: all columns except the payload. */
        fun withoutPayload(alias: String) =
            JobRow(alias, instead = mapOf<Column, String>(QueueTable.payload to "NULL::bytea"))
    }
}

/**
 * Creates a job from a row, for listings and for claims.
 *
 * Values that a claim sets are the same for all its jobs, and are not read from every row. Some values must be readable
 * for a claim, but not for a listing. Both are passed as parameters.
 */
internal fun Selection.readJob(
    row: ResultSet,
    id: JobId,
    entrypoint: String,
    status: JobStatus,
    headers: JsonObject?,
    updated: Instant,
    heartbeat: Instant,
    workerId: WorkerId?,
    leaseEpoch: Long,
    payload: ByteArray? = this[row, QueueTable.payload],
    payloadBytes: Int? = payload?.size,
    cancelRequestedAt: Instant? = null,
) = StoredJob(
    id = id,
    entrypoint = entrypoint,
    status = status,
    priority = this[row, QueueTable.priority],
    payload = payload,
    headers = headers,
    dedupeKey = orNull(row, QueueTable.dedupeKey),
    attempts = this[row, QueueTable.attempts],
    rescues = this[row, QueueTable.rescues],
    created = this[row, QueueTable.created],
    updated = updated,
    heartbeat = heartbeat,
    runAt = this[row, QueueTable.executeAfter],
    workerId = workerId,
    leaseEpoch = leaseEpoch,
    payloadBytes = payloadBytes,
    cancelRequestedAt = cancelRequestedAt,
)
