package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.WorkerId
import io.pgqueuer.exposed.internal.sql.SqlArray
import io.pgqueuer.exposed.internal.sql.bigints
import java.sql.ResultSet
import java.util.UUID

/** Parameters for `unnest(?::bigint[], ?::uuid[], ?::bigint[]) AS lease (id, worker, epoch)`. */
internal fun leaseParameters(leases: List<Lease>) = listOf(
    bigints(leases.map { it.jobId.value }),
    SqlArray("uuid", leases.map { it.workerId.value }.toTypedArray()),
    bigints(leases.map { it.epoch }),
)

/** Reads `id, worker, epoch`. */
internal fun lease(row: ResultSet) = Lease(
    JobId(row.getLong(1)),
    WorkerId(row.getObject(2, UUID::class.java)),
    row.getLong(3),
)
