package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.NullableOption
import com.github.ajalt.clikt.parameters.options.RawOption
import com.github.ajalt.clikt.parameters.options.convert
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * How a value is written on the command line.
 *
 * @property metavar stands for the value in the help.
 * @property show writes a value, for the help.
 * @property read reads a value, or throws [IllegalArgumentException].
 */
internal class OptionText<T>(
    val metavar: String,
    val show: (T) -> String = { "$it" },
    val read: (String) -> T,
) {
    companion object {
        /** Reads one of the names of [values]. */
        fun <T> choice(values: Map<String, T>) = OptionText(
            metavar = values.keys.joinToString("|", "(", ")"),
            show = { value -> values.entries.first { it.value == value }.key },
            read = { values[it] ?: throw IllegalArgumentException("$it is not one of ${values.keys.joinToString()}") },
        )
    }
}

/** Also reads [word], as null. */
internal fun <T : Any> OptionText<T>.or(word: String): OptionText<T?> = OptionText(
    metavar = "($metavar|$word)",
    show = { if (it == null) word else show(it) },
    read = { if (it == word) null else read(it) },
)

/**
 * Reads `500ms`, `30s`, `1h 30m` or ISO 8601's `PT30S`. A number alone is refused: its unit would be a guess.
 *
 * @throws IllegalArgumentException if [text] is no duration.
 */
internal fun readDuration(text: String): Duration =
    requireNotNull(Duration.parseOrNull(text)) { "'$text' is no duration; write it as in 500ms, 30s or 1h 30m" }

/** Reads a time with its zone, as in `2026-12-24T18:00:00Z`. */
internal fun RawOption.time(): NullableOption<Instant, Instant> = convert("time") { text ->
    Instant.parseOrNull(text) ?: fail("'$text' is no time; write it as in 2026-12-24T18:00:00Z, with the zone")
}

/** Reads a duration; see [readDuration]. */
internal fun RawOption.duration(): NullableOption<Duration, Duration> = convert("duration") {
    try {
        readDuration(it)
    } catch (e: IllegalArgumentException) {
        fail(e.message.orEmpty())
    }
}
