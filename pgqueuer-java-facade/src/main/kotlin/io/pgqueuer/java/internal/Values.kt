package io.pgqueuer.java.internal

import io.pgqueuer.JobId
import io.pgqueuer.JobTimeoutException
import io.pgqueuer.LeaseLostException
import io.pgqueuer.SchemaException
import io.pgqueuer.java.ActiveWorker
import io.pgqueuer.java.Backlog
import io.pgqueuer.java.DifferenceType
import io.pgqueuer.java.FailureRecord
import io.pgqueuer.java.HeldJob
import io.pgqueuer.java.JobStatus
import io.pgqueuer.java.LogEntry
import io.pgqueuer.java.OldestTransaction
import io.pgqueuer.java.Pause
import io.pgqueuer.java.Percentiles
import io.pgqueuer.java.QueueSize
import io.pgqueuer.java.RunReport
import io.pgqueuer.java.RunTimes
import io.pgqueuer.java.Schedule
import io.pgqueuer.java.SchemaDifference
import io.pgqueuer.java.StoredJob
import io.pgqueuer.java.TableLock
import io.pgqueuer.java.TableSize
import io.pgqueuer.java.Throughput
import io.pgqueuer.java.ThroughputStep
import io.pgqueuer.java.UpgradeStep
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.time.Duration
import java.time.Instant
import java.util.Collections
import java.util.Optional
import java.util.OptionalInt
import java.util.OptionalLong
import java.util.UUID
import kotlin.time.toJavaDuration
import kotlin.time.toJavaInstant
import kotlin.time.toKotlinInstant
import io.pgqueuer.ActiveWorker as CoreActiveWorker
import io.pgqueuer.Backlog as CoreBacklog
import io.pgqueuer.FailureRecord as CoreFailureRecord
import io.pgqueuer.HeldJob as CoreHeldJob
import io.pgqueuer.JobStatus as CoreJobStatus
import io.pgqueuer.LogEntry as CoreLogEntry
import io.pgqueuer.OldestTransaction as CoreOldestTransaction
import io.pgqueuer.Pause as CorePause
import io.pgqueuer.Percentiles as CorePercentiles
import io.pgqueuer.QueueSize as CoreQueueSize
import io.pgqueuer.RunReport as CoreRunReport
import io.pgqueuer.RunTimes as CoreRunTimes
import io.pgqueuer.Schedule as CoreSchedule
import io.pgqueuer.SchemaDifference as CoreSchemaDifference
import io.pgqueuer.StoredJob as CoreStoredJob
import io.pgqueuer.TableSize as CoreTableSize
import io.pgqueuer.Throughput as CoreThroughput
import io.pgqueuer.ThroughputStep as CoreThroughputStep
import io.pgqueuer.UpgradeStep as CoreUpgradeStep

private data class JavaStoredJob(
    private val core: CoreStoredJob,
) : StoredJob {
    override fun id() = core.id.value

    override fun entrypoint() = core.entrypoint

    override fun status() = core.status.toJava()

    override fun priority() = core.priority

    override fun payload(): Optional<ByteArray> = Optional.ofNullable(core.payload)

    override fun payloadText(): Optional<String> = Optional.ofNullable(core.payloadText)

    override fun payloadBytes() = core.payloadBytes.toOptional()

    override fun headers() = core.headers.texts()

    override fun dedupeKey(): Optional<String> = Optional.ofNullable(core.dedupeKey)

    override fun attempts() = core.attempts

    override fun rescues() = core.rescues

    override fun created() = core.created.toJavaInstant()

    override fun updated() = core.updated.toJavaInstant()

    override fun heartbeat() = core.heartbeat.toJavaInstant()

    override fun runAt() = core.runAt.toJavaInstant()

    override fun cancelRequestedAt(): Optional<Instant> = Optional.ofNullable(core.cancelRequestedAt?.toJavaInstant())

    override fun workerId(): Optional<UUID> = Optional.ofNullable(core.workerId?.value)

    override fun leaseEpoch() = core.leaseEpoch

    override fun toString() = core.toString()
}

private data class JavaHeldJob(
    private val core: CoreHeldJob,
) : HeldJob {
    private val job = core.job.toJava()

    override fun job() = job

    override fun failure(): Optional<FailureRecord> = Optional.ofNullable(core.failure?.toJava())

    override fun toString() = "HeldJob(job=$job, failure=${core.failure?.type})"
}

private data class JavaFailureRecord(
    private val core: CoreFailureRecord,
) : FailureRecord {
    override fun jobId() = core.jobId

    override fun timestamp() = core.timestamp.toJavaInstant()

    override fun type() = core.type

    override fun message() = core.message

    override fun stackTrace() = core.stackTrace

    override fun context() = core.context.texts()

    override fun toString() = core.toString()
}

private data class JavaLogEntry(
    private val core: CoreLogEntry,
) : LogEntry {
    override fun id() = core.id

    override fun jobId() = core.jobId.value

    override fun created() = core.created.toJavaInstant()

    override fun status() = core.status.toJava()

    override fun priority() = core.priority

    override fun entrypoint() = core.entrypoint

    override fun failure(): Optional<FailureRecord> = Optional.ofNullable(core.failure?.toJava())

    override fun workerId(): Optional<UUID> = Optional.ofNullable(core.workerId?.value)

    override fun leaseEpoch(): OptionalLong = core.leaseEpoch?.let(OptionalLong::of) ?: OptionalLong.empty()

    override fun toString() = core.toString()
}

private data class JavaQueueSize(
    private val core: CoreQueueSize,
) : QueueSize {
    override fun entrypoint() = core.entrypoint

    override fun status() = core.status.toJava()

    override fun priority() = core.priority

    override fun count() = core.count

    override fun age() = core.age.toJavaDuration()

    override fun overdue() = core.overdue.toJavaDuration()

    override fun toString() = core.toString()
}

private data class JavaThroughput(
    private val core: CoreThroughput,
) : Throughput {
    override fun entrypoint() = core.entrypoint

    override fun status() = core.status.toJava()

    override fun count() = core.count

    override fun isEstimate() = core.isEstimate

    override fun toString() = core.toString()
}

private data class JavaBacklog(
    private val core: CoreBacklog,
) : Backlog {
    override fun entrypoint() = core.entrypoint

    override fun queued() = core.queued

    override fun due() = core.due

    override fun running() = core.running

    override fun held() = core.held

    override fun overdue() = core.overdue.toJavaDuration()

    override fun isEstimate() = core.isEstimate

    override fun slots() = core.slots

    override fun concurrencyLimit(): OptionalInt = core.concurrencyLimit?.let(OptionalInt::of) ?: OptionalInt.empty()

    override fun toString() = core.toString()
}

private data class JavaPause(
    private val core: CorePause,
) : Pause {
    override fun entrypoint() = Optional.ofNullable(core.entrypoint)

    override fun since() = core.since.toJavaInstant()

    override fun until() = Optional.ofNullable(core.until?.toJavaInstant())

    override fun reason() = Optional.ofNullable(core.reason)

    override fun toString() = core.toString()
}

private data class JavaThroughputStep(
    private val core: CoreThroughputStep,
) : ThroughputStep {
    override fun start() = core.start.toJavaInstant()

    override fun entrypoint() = core.entrypoint

    override fun status() = core.status.toJava()

    override fun count() = core.count

    override fun isEstimate() = core.isEstimate

    override fun toString() = core.toString()
}

private data class JavaRunTimes(
    private val core: CoreRunTimes,
) : RunTimes {
    override fun entrypoint() = core.entrypoint

    override fun count() = core.count

    override fun runTime() = JavaPercentiles(core.runTime)

    override fun waitTime(): Optional<Percentiles> = Optional.ofNullable(core.waitTime?.let(::JavaPercentiles))

    override fun toString() = core.toString()
}

private data class JavaPercentiles(
    private val core: CorePercentiles,
) : Percentiles {
    override fun p50() = core.p50.toJavaDuration()

    override fun p95() = core.p95.toJavaDuration()

    override fun p99() = core.p99.toJavaDuration()

    override fun toString() = core.toString()
}

private data class JavaOldestTransaction(
    private val core: CoreOldestTransaction,
) : OldestTransaction {
    override fun holder() = core.holder

    override fun age() = Optional.ofNullable(core.age?.toJavaDuration())

    override fun transactions() = core.transactions

    override fun toString() = core.toString()
}

private data class JavaActiveWorker(
    private val core: CoreActiveWorker,
) : ActiveWorker {
    override fun id() = core.id.value

    override fun jobs() = core.jobs

    override fun heartbeatAge() = core.heartbeatAge.toJavaDuration()

    override fun isPython() = core.isPython

    override fun toString() = core.toString()
}

private data class JavaUpgradeStep(
    private val core: CoreUpgradeStep,
) : UpgradeStep {
    override fun sql() = core.sql

    override fun locks() = core.locks.mapValues { (_, lock) -> TableLock.valueOf(lock.name) }

    override fun rewrites() = core.rewrites

    override fun toString() = core.toString()
}

private data class JavaSchemaDifference(
    private val core: CoreSchemaDifference,
) : SchemaDifference {
    override fun kind() = core.kind

    override fun name() = core.name

    override fun of() = Optional.ofNullable(core.of)

    override fun difference() = DifferenceType.valueOf(core.difference.name)

    override fun isError() = core.isError

    override fun found() = Optional.ofNullable(core.found)

    override fun expected() = Optional.ofNullable(core.expected)

    override fun problem() = core.problem

    override fun fix() = core.fix

    override fun toString() = core.toString()
}

private data class JavaTableSize(
    private val core: CoreTableSize,
) : TableSize {
    override fun table() = core.table

    override fun rows() = core.rows

    override fun deadRows() = core.deadRows

    override fun bytes() = core.bytes?.let(OptionalLong::of) ?: OptionalLong.empty()

    override fun indexBytes() = core.indexBytes?.let(OptionalLong::of) ?: OptionalLong.empty()

    override fun toString() = core.toString()
}

private data class JavaSchedule(
    private val core: CoreSchedule,
) : Schedule {
    override fun id() = core.id.value

    override fun name() = core.name

    override fun expression() = core.expression

    override fun status() = core.status.toJava()

    override fun zone() = core.zone

    override fun pausedSince(): Optional<Instant> = Optional.ofNullable(core.pausedSince?.toJavaInstant())

    override fun nextRun(): Optional<Instant> = Optional.ofNullable(core.nextRun?.toJavaInstant())

    override fun lastRun(): Optional<Instant> = Optional.ofNullable(core.lastRun?.toJavaInstant())

    override fun created() = core.created.toJavaInstant()

    override fun updated() = core.updated.toJavaInstant()

    override fun heartbeat() = core.heartbeat.toJavaInstant()

    override fun leaseEpoch() = core.leaseEpoch

    override fun nextAfter(instant: Instant): Optional<Instant> = required("instant" to instant) {
        Optional.ofNullable(core.nextAfter(instant.toKotlinInstant())?.toJavaInstant())
    }

    override fun toString() = core.toString()
}

private data class JavaRunReport(
    private val core: CoreRunReport,
) : RunReport {
    override fun succeeded() = core.succeeded

    override fun failed() = core.failed

    override fun held() = core.held

    override fun retried() = core.retried

    override fun released() = core.released

    override fun canceled() = core.canceled

    override fun leasesLost() = core.leasesLost

    override fun schedulesRun() = core.schedulesRun

    override fun schedulesFailed() = core.schedulesFailed

    override fun toString() = core.toString()
}

internal fun CoreStoredJob.toJava(): StoredJob = JavaStoredJob(this)

internal fun CoreHeldJob.toJava(): HeldJob = JavaHeldJob(this)

internal fun CoreLogEntry.toJava(): LogEntry = JavaLogEntry(this)

internal fun CoreQueueSize.toJava(): QueueSize = JavaQueueSize(this)

internal fun CoreThroughput.toJava(): Throughput = JavaThroughput(this)

internal fun CoreBacklog.toJava(): Backlog = JavaBacklog(this)

internal fun CorePause.toJava(): Pause = JavaPause(this)

internal fun CoreThroughputStep.toJava(): ThroughputStep = JavaThroughputStep(this)

internal fun CoreRunTimes.toJava(): RunTimes = JavaRunTimes(this)

internal fun CoreOldestTransaction.toJava(): OldestTransaction = JavaOldestTransaction(this)

internal fun CoreActiveWorker.toJava(): ActiveWorker = JavaActiveWorker(this)

internal fun CoreTableSize.toJava(): TableSize = JavaTableSize(this)

internal fun CoreUpgradeStep.toJava(): UpgradeStep = JavaUpgradeStep(this)

internal fun CoreSchemaDifference.toJava(): SchemaDifference = JavaSchemaDifference(this)

internal fun CoreSchedule.toJava(): Schedule = JavaSchedule(this)

internal fun CoreRunReport.toJava(): RunReport = JavaRunReport(this)

internal fun jobIdOf(failure: LeaseLostException): Long = failure.jobId.value

internal fun jobIdOf(failure: JobTimeoutException): Long = failure.jobId.value

internal fun timeoutOf(failure: JobTimeoutException): Duration = failure.timeout.toJavaDuration()

internal fun differencesOf(failure: SchemaException): List<SchemaDifference> = failure.differences.map { it.toJava() }

internal fun Collection<Long>.jobIds(): Set<JobId> = mapTo(mutableSetOf(), ::JobId)

internal fun Set<JobId>.values(): Set<Long> = mapTo(mutableSetOf(), JobId::value)

internal fun CoreJobStatus.toJava() = JobStatus.valueOf(name)

internal fun Map<JobId, CoreJobStatus>.toJava(): Map<Long, JobStatus> =
    entries.associate { (id, status) -> id.value to status.toJava() }

internal fun CoreFailureRecord.toJava(): FailureRecord = JavaFailureRecord(this)

/** The values as text; other JSON as its JSON. */
internal fun JsonObject?.texts(): Map<String, String> = Collections.unmodifiableMap(
    orEmpty().mapValues { (_, value) ->
        if (value is JsonPrimitive && value.isString) value.content else value.toString()
    },
)
