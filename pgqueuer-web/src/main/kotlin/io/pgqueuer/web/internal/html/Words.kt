package io.pgqueuer.web.internal.html

import java.util.Locale
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** As in `1,234,567`; an estimate as in `~1,230,000`, with the three digits that mean something. */
internal fun count(number: Long, isEstimate: Boolean = false): String {
    if (!isEstimate || number == 0L) return String.format(Locale.ROOT, "%,d", number)
    var unit = 1L
    while (number / unit >= 1_000) unit *= 10
    return "~" + String.format(Locale.ROOT, "%,d", (number + unit / 2) / unit * unit)
}

/** As in `1.5/s`, or `12/min` if it is less than one per second; an estimate as in `~1.5/s`. */
internal fun rate(count: Long, window: Duration, isEstimate: Boolean = false): String {
    if (isEstimate && count > 0) return "~" + rate(count, window)
    val perSecond = count / window.inWholeMilliseconds.coerceAtLeast(1).toDouble() * 1_000
    return when {
        count == 0L -> "0"
        perSecond >= 100 -> String.format(Locale.ROOT, "%,.0f/s", perSecond)
        perSecond >= 1 -> String.format(Locale.ROOT, "%.1f/s", perSecond)
        else -> String.format(Locale.ROOT, "%.1f/min", perSecond * 60)
    }
}

/** A duration that people read quickly: `-`, `12ms`, `3m 12s`, `2d 4h`. */
internal fun short(duration: Duration): String = when {
    duration <= Duration.ZERO -> "-"

    duration < 1.seconds -> "${duration.inWholeMilliseconds.coerceAtLeast(1).milliseconds}"

    else -> duration.toComponents { days, hours, minutes, seconds, _ ->
        listOf(days to "d", hours.toLong() to "h", minutes.toLong() to "m", seconds.toLong() to "s")
            .dropWhile { it.first == 0L }.take(2)
            .filter { it.first > 0 }
            .joinToString(" ") { (amount, unit) -> "$amount$unit" }
    }
}

/** As in `12, 40, 120ms`, or `12ms, 3m 12s, 2d 4h`. */
internal fun shorts(durations: List<Duration>): String {
    val texts = durations.map(::short)
    val areMillis = texts.all { it.endsWith(MILLIS) }
    return if (areMillis) texts.joinToString { it.removeSuffix(MILLIS) } + MILLIS else texts.joinToString()
}

/** As in `12.3 %`, an estimate as in `~12.3 %`; `0 %` if there is nothing to compare with. */
internal fun percent(part: Long, whole: Long, isEstimate: Boolean = false): String {
    if (part == 0L || whole == 0L) return "0 %"
    return (if (isEstimate) "~" else "") + String.format(Locale.ROOT, "%.1f %%", part * 100.0 / whole)
}

/** As in `1.2 MB`, with 1 kB of 1024 bytes. */
internal fun bytes(count: Long): String {
    var amount = count.toDouble()
    var unit = 0
    while (amount >= 1_024 && unit < UNITS.lastIndex) {
        amount /= 1_024
        unit++
    }
    return if (unit == 0) "$count bytes" else String.format(Locale.ROOT, "%.1f %s", amount, UNITS[unit])
}

private const val MILLIS = "ms"
private val UNITS = listOf("bytes", "kB", "MB", "GB", "TB")
