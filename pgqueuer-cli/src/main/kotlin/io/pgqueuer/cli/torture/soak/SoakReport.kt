package io.pgqueuer.cli.torture.soak

/** Returns the report of a soak: a line for each quantity, and the jobs. */
internal fun report(result: SoakResult): String {
    val rows = result.findings.map { finding ->
        val values = listOf(finding.second, finding.last, finding.highest).map { it.shown(finding.quantity) }
        listOf("${finding.quantity}") + values + finding.verdict.label
    }
    val table = listOf(listOf("quantity", "2nd quarter", "last quarter", "highest", "verdict")) + rows
    val widths = table.first().indices.map { column -> table.maxOf { it[column].length } }
    val lines = table.map { row ->
        row.withIndex().joinToString("  ") { (column, cell) ->
            if (column in 1..3) cell.padStart(widths[column]) else cell.padEnd(widths[column])
        }.trimEnd()
    }
    val ends = result.ends.entries.sortedBy { it.key }.joinToString { (status, count) -> "${status.label} $count" }
    return (lines + "enqueued    ${result.enqueued}" + "ended       ${result.ended}: $ends").joinToString("\n")
}

/** Says what is wrong with a quantity. */
internal fun fault(finding: Finding): String = with(finding) {
    when (verdict) {
        Verdict.GREW -> "$quantity grew from ${second.shown(quantity)} to ${last.shown(quantity)}"
        Verdict.NOT_MEASURED -> "$quantity could not be measured"
        else -> "$quantity: ${verdict.label}, ${highest.shown(quantity)}"
    }
}

private fun Long?.shown(quantity: Quantity): String = if (this == null) "-" else quantity.kind.unit.show(this)
