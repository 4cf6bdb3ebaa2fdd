package io.pgqueuer.java.internal

import io.pgqueuer.JobId
import io.pgqueuer.JobTimeoutException
import io.pgqueuer.LeaseLostException
import io.pgqueuer.java.ActiveWorker
import io.pgqueuer.java.Durability
import io.pgqueuer.java.FailureRecord
import io.pgqueuer.java.HeldJob
import io.pgqueuer.java.Job
import io.pgqueuer.java.JobStatus
import io.pgqueuer.java.LogEntry
import io.pgqueuer.java.LogLevel
import io.pgqueuer.java.QueueProperties
import io.pgqueuer.java.QueueSize
import io.pgqueuer.java.RunReport
import io.pgqueuer.java.RunTimes
import io.pgqueuer.java.Schedule
import io.pgqueuer.java.TableSize
import io.pgqueuer.java.Throughput
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.time.Duration
import java.util.OptionalLong
import kotlin.time.toJavaDuration
import kotlin.time.toJavaInstant
import io.pgqueuer.RunReport as CoreRunReport
import io.pgqueuer.ActiveWorker as CoreActiveWorker
import io.pgqueuer.Durability as CoreDurability
import io.pgqueuer.FailureRecord as CoreFailureRecord
import io.pgqueuer.HeldJob as CoreHeldJob
import io.pgqueuer.StoredJob as CoreJob
import io.pgqueuer.JobStatus as CoreJobStatus
import io.pgqueuer.LogEntry as CoreLogEntry
import io.pgqueuer.LogLevel as CoreLogLevel
import io.pgqueuer.QueueProperties as CoreQueueProperties
import io.pgqueuer.QueueSize as CoreQueueSize
import io.pgqueuer.RunTimes as CoreRunTimes
import io.pgqueuer.Schedule as CoreSchedule
import io.pgqueuer.TableSize as CoreTableSize
import io.pgqueuer.Throughput as CoreThroughput

fun jobIdOf(failure: LeaseLostException): Long = failure.jobId.value

fun jobIdOf(failure: JobTimeoutException): Long = failure.jobId.value

fun timeoutOf(failure: JobTimeoutException): Duration = failure.timeout.toJavaDuration()

internal fun Collection<Long>.jobIds(): Set<JobId> = mapTo(mutableSetOf(), ::JobId)

internal fun Set<JobId>.values(): Set<Long> = mapTo(mutableSetOf(), JobId::value)

internal fun CoreJobStatus.toJava() = JobStatus.valueOf(name)

internal fun Map<JobId, CoreJobStatus>.toJava(): Map<Long, JobStatus> =
    entries.associate { (id, status) -> id.value to status.toJava() }

internal fun CoreJob.toJava() = Job(
    id.value,
    entrypoint,
    status.toJava(),
    priority,
    payload,
    headers.texts(),
    dedupeKey,
    attempts,
    rescues,
    created.toJavaInstant(),
    updated.toJavaInstant(),
    heartbeat.toJavaInstant(),
    runAt.toJavaInstant(),
    workerId?.value,
    leaseEpoch,
    payloadBytes,
)

internal fun CoreHeldJob.toJava() = HeldJob(job.toJava(), failure?.toJava())

internal fun CoreLogEntry.toJava() = LogEntry(
    id,
    jobId.value,
    created.toJavaInstant(),
    status.toJava(),
    priority,
    entrypoint,
    failure?.toJava(),
)

private fun CoreFailureRecord.toJava() =
    FailureRecord(jobId, timestamp.toJavaInstant(), type, message, stackTrace, context.texts())

internal fun CoreQueueSize.toJava() =
    QueueSize(entrypoint, status.toJava(), priority, count, age.toJavaDuration(), overdue.toJavaDuration())

internal fun CoreThroughput.toJava() = Throughput(entrypoint, status.toJava(), count)

internal fun CoreRunTimes.toJava() =
    RunTimes(entrypoint, count, p50.toJavaDuration(), p95.toJavaDuration(), p99.toJavaDuration())

internal fun CoreActiveWorker.toJava() = ActiveWorker(id.value, jobs, heartbeatAge.toJavaDuration())

internal fun CoreTableSize.toJava() =
    TableSize(table, rows, deadRows, bytes?.let(OptionalLong::of) ?: OptionalLong.empty())

internal fun CoreSchedule.toJava() = Schedule(
    id.value,
    name,
    expression,
    status.toJava(),
    nextRun.toJavaInstant(),
    lastRun?.toJavaInstant(),
    created.toJavaInstant(),
    updated.toJavaInstant(),
    heartbeat.toJavaInstant(),
    leaseEpoch,
)

internal fun CoreRunReport.toJava() = RunReport(
    succeeded,
    failed,
    held,
    retried,
    released,
    canceled,
    leasesLost,
    schedulesRun,
    schedulesFailed,
)

private fun JsonObject?.texts(): Map<String, String> = orEmpty().mapValues { (_, value) ->
    if (value is JsonPrimitive && value.isString) value.content else value.toString()
}

internal fun CoreQueueProperties.toJava() =
    QueueProperties(Durability.valueOf(durability.name), LogLevel.valueOf(logLevel.name), notifications)

internal fun QueueProperties.toCore() =
    CoreQueueProperties(CoreDurability.valueOf(durability.name), CoreLogLevel.valueOf(logLevel.name), notifications)
