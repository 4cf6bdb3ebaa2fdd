package io.pgqueuer.domain

/** The number of a schedule: its primary key in the schedules table. */
@JvmInline
public value class ScheduleId(
    public val value: Long,
) : Comparable<ScheduleId> {
    override fun compareTo(other: ScheduleId): Int = value.compareTo(other.value)

    override fun toString(): String = value.toString()
}
