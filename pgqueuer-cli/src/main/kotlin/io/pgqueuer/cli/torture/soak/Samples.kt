package io.pgqueuer.cli.torture.soak

import java.nio.file.Path
import kotlin.io.path.appendText
import kotlin.io.path.writeText

/** Keeps the samples, in memory and in a CSV file with a column for each of [quantities]. */
internal class Samples(
    val quantities: List<Quantity>,
    private val file: Path,
) {
    private val kept = mutableListOf<Sample>()

    val all: List<Sample> get() = kept

    init {
        file.writeText(line(listOf("seconds") + quantities.map { "$it${it.kind.unit.label}" }))
    }

    fun add(sample: Sample) {
        kept += sample
        file.appendText(line(listOf(sample.at.inWholeSeconds) + quantities.map { sample.values[it] ?: "" }))
    }

    private fun line(cells: List<Any>) = cells.joinToString(",", postfix = "\n")
}
