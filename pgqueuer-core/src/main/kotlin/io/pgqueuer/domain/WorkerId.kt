package io.pgqueuer.domain

import java.util.UUID

/** The identity of one run of a worker; stored as `queue_manager_id` on the jobs that it holds. */
@JvmInline
public value class WorkerId(
    public val value: UUID,
) {
    override fun toString(): String = value.toString()
}
