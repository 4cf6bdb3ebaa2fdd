package io.pgqueuer.domain

/** The number of a job: its primary key in the queue table, kept over retries, holds and requeues. */
@JvmInline
public value class JobId(
    public val value: Long,
) : Comparable<JobId> {
    override fun compareTo(other: JobId): Int = value.compareTo(other.value)

    override fun toString(): String = value.toString()
}
