package io.pgqueuer.exposed.internal.lease

import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.bigints
import java.sql.ResultSet
import java.util.UUID

/**
 * Leases as rows that a statement is given and returns.
 *
 * A statement unnests [TYPES] and more parameters under the names [NAMES] and more, and returns `id, worker, epoch`.
 */
internal object LeaseRows {
    const val TYPES = "?::bigint[], ?::uuid[], ?::bigint[]"
    const val NAMES = "id, worker, epoch"

    /** The parameters that [TYPES] asks for. */
    fun parameters(leases: List<Lease>): List<Any?> = listOf(
        bigints(leases.map { it.jobId.value }),
        SqlArray("uuid", leases.map { it.workerId.value }.toTypedArray()),
        bigints(leases.map { it.epoch }),
    )

    /** Reads `id, worker, epoch`. */
    fun read(row: ResultSet) = Lease(
        JobId(row.getLong(1)),
        WorkerId(row.getObject(2, UUID::class.java)),
        row.getLong(3),
    )
}
