package io.pgqueuer.cli.look

import java.util.Locale

/** A size, which people read in units of 1,024. */
@JvmInline
internal value class Bytes(
    val count: Long,
) {
    override fun toString(): String {
        var size = count.toDouble()
        val unit = UNITS.firstOrNull { unit -> (size < STEP || unit == UNITS.last()).also { if (!it) size /= STEP } }
        return if (unit == UNITS.first()) "$count B" else String.format(Locale.ROOT, "%.1f %s", size, unit)
    }

    private companion object {
        const val STEP = 1_024
        val UNITS = listOf("B", "KiB", "MiB", "GiB", "TiB")
    }
}
