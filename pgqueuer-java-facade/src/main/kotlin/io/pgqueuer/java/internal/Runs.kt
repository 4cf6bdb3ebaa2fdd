package io.pgqueuer.java.internal

import io.pgqueuer.JobContext
import io.pgqueuer.ScheduleContext
import io.pgqueuer.exposed.completeIn
import io.pgqueuer.exposed.lockIn
import io.pgqueuer.java.JobQueue
import io.pgqueuer.java.JobRun
import io.pgqueuer.java.ScheduleRun
import java.sql.Connection
import kotlin.time.toJavaInstant

internal class CoreJobRun(
    private val core: JobContext,
    private val queue: JobQueue,
) : JobRun {
    private val job = core.job.toJava()

    override fun job() = job

    override fun leaseEpoch() = core.leaseEpoch

    override fun queue() = queue

    override fun completeIn(connection: Connection) = core.completeIn(connection)

    override fun lockIn(connection: Connection) = core.lockIn(connection)
}

internal class CoreScheduleRun(
    private val core: ScheduleContext,
    private val queue: JobQueue,
) : ScheduleRun {
    private val schedule = core.schedule.toJava()

    override fun schedule() = schedule

    override fun dueAt() = core.dueAt.toJavaInstant()

    override fun queue() = queue
}
