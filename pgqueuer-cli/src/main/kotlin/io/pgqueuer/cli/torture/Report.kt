package io.pgqueuer.cli.torture

import io.pgqueuer.JobStatus
import io.pgqueuer.cli.torture.check.Evidence
import io.pgqueuer.cli.torture.check.Verdict
import io.pgqueuer.cli.torture.record.FaultKind

/** Returns the report of a torture, one fact a line. */
internal fun report(seed: Long, evidence: Evidence, verdict: Verdict): String {
    val ends = evidence.tables.log.filter { it.status.isTerminal }.groupingBy { it.status }.eachCount()
    val statuses = evidence.tables.log.groupingBy { it.status }.eachCount()
    val jobs = evidence.tables.log.distinctBy { it.jobId }.size
    val told = evidence.told
    val unconfirmed = jobs - told.enqueued.size
    return listOf(
        "seed" to "$seed",
        "enqueued" to "${told.enqueued.size}, and $unconfirmed by calls that failed; ${told.failures} calls failed",
        "ended" to "${ends.values.sum()}: " + listOf(JobStatus.SUCCESSFUL, JobStatus.EXCEPTION, JobStatus.CANCELED)
            .joinToString { "${it.label} ${ends[it] ?: 0}" },
        "held" to "${evidence.tables.queue.values.count { it == JobStatus.HELD }}",
        "confirmed" to "cancellations ${told.canceled.size}, requeues ${told.requeued.values.sum()}",
        "runs" to "${evidence.records.sumOf { it.jobRuns.size }}, claims ${statuses[JobStatus.PICKED] ?: 0}, " +
            "of the schedule ${evidence.records.sumOf { it.scheduleRuns.size }}, by ${evidence.records.size} workers",
        "faults" to "${evidence.faults.size}: " + FaultKind.entries.joinToString { kind ->
            "${kind.label} ${evidence.faults.count { it.kind == kind }}"
        },
        "duplicates" to duplicates(verdict),
        "lost" to "${verdict.lost}",
    ).joinToString("\n") { (name, value) -> name.padEnd(NAME_COLUMNS) + value }
}

private fun duplicates(verdict: Verdict): String {
    val causes = verdict.repeats.entries.joinToString { (cause, count) -> "${cause.label} $count" }
    return "${verdict.repeats.values.sum()}" + if (causes.isEmpty()) "" else ": $causes"
}

private const val NAME_COLUMNS = 12
