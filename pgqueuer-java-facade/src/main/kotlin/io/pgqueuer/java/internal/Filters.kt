package io.pgqueuer.java.internal

import io.pgqueuer.WorkerId
import io.pgqueuer.java.JobFilter
import io.pgqueuer.java.JobStatus
import io.pgqueuer.java.LogFilter
import java.time.Duration
import java.util.Collections
import java.util.Optional
import java.util.UUID
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import io.pgqueuer.JobFilter as CoreJobFilter
import io.pgqueuer.JobStatus as CoreJobStatus
import io.pgqueuer.LogFilter as CoreLogFilter

internal fun allJobs(): JobFilter = JavaJobFilter(CoreJobFilter.ALL)

internal fun jobFilterOf(text: String): JobFilter = required("text" to text) {
    JavaJobFilter(CoreJobFilter.parse(text))
}

internal fun allEntries(): LogFilter = JavaLogFilter(CoreLogFilter.ALL)

internal fun logFilterOf(text: String): LogFilter = required("text" to text) {
    JavaLogFilter(CoreLogFilter.parse(text))
}

internal fun JobFilter.toCore(): CoreJobFilter = requireNotNull(this as? JavaJobFilter) {
    "filter must be made from JobFilter.ALL, was a ${javaClass.name}"
}.core

internal fun LogFilter.toCore(): CoreLogFilter = requireNotNull(this as? JavaLogFilter) {
    "filter must be made from LogFilter.ALL, was a ${javaClass.name}"
}.core

private data class JavaJobFilter(
    val core: CoreJobFilter,
) : JobFilter {
    override fun status() = Optional.ofNullable(core.status?.toJava())

    override fun entrypoint() = Optional.ofNullable(core.entrypoint)

    override fun priority() = core.priority.toOptional()

    override fun workerId() = Optional.ofNullable(core.workerId?.value)

    override fun dedupeKey() = Optional.ofNullable(core.dedupeKey)

    override fun minAge() = Optional.ofNullable(core.minAge?.toJavaDuration())

    override fun failure() = Optional.ofNullable(core.failure)

    override fun headers(): Map<String, String> = Collections.unmodifiableMap(core.headers)

    override fun payloadText() = Optional.ofNullable(core.payloadText)

    override fun payloadValues(): Map<String, String> = Collections.unmodifiableMap(core.payloadValues)

    override fun readsPayloads() = core.readsPayloads

    override fun withStatus(status: JobStatus) = required("status" to status) {
        with { copy(status = status.toCore()) }
    }

    override fun withEntrypoint(entrypoint: String) = required("entrypoint" to entrypoint) {
        with { copy(entrypoint = entrypoint) }
    }

    override fun withPriority(priority: Int) = with { copy(priority = priority) }

    override fun withWorkerId(workerId: UUID) = required("workerId" to workerId) {
        with { copy(workerId = WorkerId(workerId)) }
    }

    override fun withDedupeKey(dedupeKey: String) = required("dedupeKey" to dedupeKey) {
        with { copy(dedupeKey = dedupeKey) }
    }

    override fun withMinAge(minAge: Duration) = required("minAge" to minAge) {
        with { copy(minAge = minAge.toKotlinDuration()) }
    }

    override fun withFailure(failure: String) = required("failure" to failure) { with { copy(failure = failure) } }

    override fun withHeader(name: String, value: String) = required("name" to name, "value" to value) {
        with { copy(headers = headers + (name to value)) }
    }

    override fun withPayloadText(text: String) = required("text" to text) { with { copy(payloadText = text) } }

    override fun withPayloadValue(path: String, value: String) = required("path" to path, "value" to value) {
        with { copy(payloadValues = payloadValues + (path to value)) }
    }

    private fun with(change: CoreJobFilter.() -> CoreJobFilter) = JavaJobFilter(core.change())

    override fun toString() = core.toString()
}

private data class JavaLogFilter(
    val core: CoreLogFilter,
) : LogFilter {
    override fun entrypoint() = Optional.ofNullable(core.entrypoint)

    override fun statuses(): Set<JobStatus> =
        Collections.unmodifiableSet(core.statuses.mapTo(LinkedHashSet()) { it.toJava() })

    override fun priority() = core.priority.toOptional()

    override fun failure() = Optional.ofNullable(core.failure)

    override fun withEntrypoint(entrypoint: String) = required("entrypoint" to entrypoint) {
        JavaLogFilter(core.copy(entrypoint = entrypoint))
    }

    override fun withStatuses(statuses: Collection<JobStatus>) = required("statuses" to statuses) {
        JavaLogFilter(core.copy(statuses = statuses.mapTo(LinkedHashSet()) { it.toCore() }))
    }

    override fun withPriority(priority: Int) = JavaLogFilter(core.copy(priority = priority))

    override fun withFailure(failure: String) = required("failure" to failure) {
        JavaLogFilter(core.copy(failure = failure))
    }

    override fun toString() = core.toString()
}

private fun JobStatus.toCore() = CoreJobStatus.valueOf(name)
