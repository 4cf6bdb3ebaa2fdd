package io.pgqueuer.cli.torture.soak

import java.util.Locale
import kotlin.time.Duration.Companion.milliseconds

/** In what a quantity is measured. [label] stands in the file, [show] writes a value for people. */
internal enum class Measure(
    val label: String,
    val show: (Long) -> String,
) {
    COUNT("", { "$it" }),
    BYTES(" (bytes)", { "%.1f MiB".format(Locale.ROOT, it / MIB.toDouble()) }),
    MILLIS(" (ms)", { "${it.milliseconds}" }),
}

internal const val MIB = 1024L * 1024
