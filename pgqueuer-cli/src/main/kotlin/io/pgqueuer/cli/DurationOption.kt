package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.NullableOption
import com.github.ajalt.clikt.parameters.options.RawOption
import com.github.ajalt.clikt.parameters.options.convert
import kotlin.time.Duration

/** Reads `500ms`, `30s`, `1h 30m` or ISO 8601's `PT30S`. A number alone is refused, as its unit would be a guess. */
internal fun RawOption.duration(): NullableOption<Duration, Duration> = convert("duration") {
    Duration.parseOrNull(it) ?: fail("'$it' is no duration; write it as in 500ms, 30s or 1h 30m")
}
