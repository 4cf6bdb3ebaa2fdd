package io.pgqueuer.cli.look

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.Backend
import io.pgqueuer.JobStatus
import io.pgqueuer.LogLevel
import io.pgqueuer.Throughput
import io.pgqueuer.cli.PgqCommand
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

internal class StatusCommand :
    PgqCommand(
        "status",
        "Show the state of the queue in a few lines. Long queues are estimated, which takes little.",
        examples = listOf("pgq status", "pgq status --json"),
    ) {
    private val json by option().flag().help("print one JSON object, with durations in seconds and sizes in bytes")

    override suspend fun run() {
        val row = withBackend(::statusRow)
        if (json) echo(row.json()) else row.lines().forEach { echo(it) }
    }
}

/** The state of the whole queue. */
internal suspend fun statusRow(backend: Backend): Row {
    val insights = backend.insights
    val backlog = insights.backlog()
    val minute = insights.throughput(1.minutes)
    val hour = insights.throughput(1.hours)
    val schedules = backend.schedules.list()
    val properties = backend.schema.properties()
    val tables = insights.tableSizes()
    val oldest = insights.oldestTransaction()
    val isComplete = properties.logLevel != LogLevel.FAILURES
    return Row(
        "queued" to backlog.sumOf { it.queued },
        "due" to backlog.sumOf { it.due },
        "running" to backlog.sumOf { it.running },
        "held" to backlog.sumOf { it.held },
        "estimate" to (backlog.any { it.isEstimate } || (minute + hour).any { it.isEstimate }),
        "overdue" to (backlog.maxOfOrNull { it.overdue } ?: Duration.ZERO),
        "paused" to pausedText(insights.pauses()).ifEmpty { null },
        "workers" to insights.activeWorkers().size,
        "enqueued_1m" to minute.of(JobStatus.QUEUED).takeIf { properties.logLevel == LogLevel.FULL },
        // With failures alone in the log, nobody knows how many succeeded.
        "succeeded_1m" to minute.of(JobStatus.SUCCESSFUL).takeIf { isComplete },
        "succeeded_1h" to hour.of(JobStatus.SUCCESSFUL).takeIf { isComplete },
        "failed_1h" to hour.of(JobStatus.EXCEPTION) + hour.of(JobStatus.HELD),
        "canceled_1h" to hour.of(JobStatus.CANCELED),
        "schedules" to schedules.size,
        "next_schedule" to schedules.mapNotNull { it.nextRun }.minOrNull(),
        "durability" to properties.durability.label,
        "log_level" to properties.logLevel.label,
        "notifications" to properties.notifications,
        "queue_size" to tables.getOrNull(0)?.bytes?.let(::Bytes),
        "log_size" to tables.getOrNull(1)?.bytes?.let(::Bytes),
        "oldest_transaction" to oldest?.age,
        "oldest_transaction_of" to oldest?.holder,
    )
}

private fun List<Throughput>.of(status: JobStatus) = filter { it.status == status }.sumOf { it.count }
