package io.pgqueuer.cli.demo

import io.pgqueuer.JobStatus
import io.pgqueuer.RunReport
import java.net.URI
import java.nio.file.Path
import kotlin.math.ceil
import kotlin.time.Duration
import kotlin.time.DurationUnit.MILLISECONDS
import kotlin.time.DurationUnit.SECONDS

/** How the job ended that the demo waited for, and how long it took. */
internal class Awaited(
    val status: JobStatus,
    val took: Duration,
)

/**
 * The figures of one run of the demo.
 *
 * @property took the time until all files were done.
 */
internal class Figures(
    val walk: FileWalk,
    val rows: List<FileRow>,
    val reports: List<RunReport>,
    val took: Duration,
    val awaited: Awaited,
) {
    val bytes = rows.sumOf { it.facts?.bytes ?: 0 }
    val jobs = rows.size + reports.sumOf { it.held }
    val jobsPerSecond = (jobs / took.toDouble(SECONDS)).toLong()

    private val waits = rows.map(FileRow::waited).sorted()

    /** Returns how long [percent] of the jobs waited at most from enqueue to start; null if there were none. */
    fun wait(percent: Int): Duration? = waits.getOrNull(ceil(waits.size * percent / 100.0).toInt() - 1)
}

internal fun summary(figures: Figures): String = with(figures) {
    val unreadable = walk.unreadable + rows.filter { it.facts == null }.map { Path.of(URI(it.uri)) }
    val lines = listOf(
        "files" to "${rows.count { it.facts != null }}, unreadable ${unreadable.size}",
        "bytes" to "$bytes",
        "jobs" to "$jobs in ${took.toString(SECONDS, 2)}, $jobsPerSecond jobs/s, by ${reports.size} workers",
        "retried" to "${reports.sumOf { it.retried }}",
        "held" to "${reports.sumOf { it.held }}",
        "schedule" to "$PULSE, every second, ran ${reports.sumOf { it.schedulesRun }} times",
        "awaited job" to "${awaited.status.label} ${millis(awaited.took)} after its enqueue",
        "enqueue to start" to "p50 ${millis(wait(50))}, p99 ${millis(wait(99))}",
    )
    (lines.map { (name, value) -> name.padEnd(NAME_COLUMNS) + value } + unreadable.map { "unreadable: ${shown(it)}" })
        .joinToString("\n")
}

private fun millis(duration: Duration?) = duration?.toString(MILLISECONDS, 1) ?: "-"

private const val NAME_COLUMNS = 18
