package io.pgqueuer.benchmarks.compare

import java.util.Locale

/** Returns what was [measured] as a table in Markdown. Ratios are to PgQueuer, if it was measured. */
internal fun comparisonTable(measured: List<Measured>): String {
    val ours = measured.find { it.candidate === PgQueuerPeer.candidate }
    val rows = measured.map { one ->
        listOf(
            "${one.candidate.name} ${one.candidate.version}",
            "${one.enqueue}",
            ratio(one.enqueue, ours?.enqueue),
            "${one.drain}",
            ratio(one.drain, ours?.drain),
            one.candidate.settings,
        )
    }
    val header = listOf("queue", "enqueue, jobs/s", "ratio", "drain, jobs/s", "ratio", "set to")
    return (listOf(header, header.map { "---" }) + rows).joinToString("\n") { "| ${it.joinToString(" | ")} |" }
}

private fun ratio(one: Measurement, ours: Measurement?): String {
    val ratio = one.jobsPerSecond / (ours ?: return "–").jobsPerSecond
    return String.format(Locale.ROOT, if (ratio < 0.1) "%.3f" else "%.2f", ratio)
}
