package io.pgqueuer.java.internal

import io.pgqueuer.exposed.completeIn
import io.pgqueuer.exposed.lockIn
import io.pgqueuer.java.JobContext
import io.pgqueuer.java.JobQueue
import io.pgqueuer.java.ScheduleContext
import java.sql.Connection
import kotlin.time.toJavaDuration
import kotlin.time.toJavaInstant
import io.pgqueuer.JobContext as CoreJobContext
import io.pgqueuer.ScheduleContext as CoreScheduleContext

/** Returns core's context behind this one, for handlers in Kotlin. */
fun JobContext.toCore(): CoreJobContext = requireNotNull(this as? JavaJobContext) {
    "the context ${this::class.java.name} is not of this library; pass the one that the handler got"
}.core

/** Returns core's context behind this one, for handlers in Kotlin. */
fun ScheduleContext.toCore(): CoreScheduleContext = requireNotNull(this as? JavaScheduleContext) {
    "the context ${this::class.java.name} is not of this library; pass the one that the handler got"
}.core

internal class JavaJobContext(
    val core: CoreJobContext,
    private val queue: JobQueue,
) : JobContext {
    private val job = core.job.toJava()

    override fun job() = job

    override fun attempt() = core.attempt

    override fun waited() = core.waited.toJavaDuration()

    override fun leaseEpoch() = core.leaseEpoch

    override fun queue() = queue

    override fun completeIn(connection: Connection) = required("connection" to connection) {
        core.completeIn(connection)
    }

    override fun lockIn(connection: Connection) = required("connection" to connection) {
        core.lockIn(connection)
    }

    override fun equals(other: Any?) = other is JavaJobContext && other.core === core

    override fun hashCode() = System.identityHashCode(core)

    override fun toString() = "JobContext($job)"
}

internal class JavaScheduleContext(
    val core: CoreScheduleContext,
    private val queue: JobQueue,
) : ScheduleContext {
    private val schedule = core.schedule.toJava()

    override fun schedule() = schedule

    override fun dueAt() = core.dueAt.toJavaInstant()

    override fun leaseEpoch() = core.leaseEpoch

    override fun queue() = queue
}
