package io.pgqueuer.web.internal.html

import kotlinx.html.FlowContent
import kotlinx.html.div
import kotlinx.html.span
import kotlinx.html.unsafe

/** One kind of thing that is counted: its [name], and one number for each step of time. */
internal class Series(
    val name: String,
    val counts: List<Long>,
)

/**
 * A chart of bars, each stacked of all [series], as SVG. It needs no script. Class names give the colors.
 *
 * @param label says what it shows, for those who cannot see it.
 * @param steps what each bar stands for, shown when the mouse is over it.
 */
internal fun FlowContent.stackedBars(label: String, steps: List<String>, series: List<Series>) {
    val sums = steps.indices.map { step -> series.sumOf { it.counts[step] } }
    val most = sums.maxOrNull()?.coerceAtLeast(1) ?: 1
    val svg = StringBuilder()
    svg.append(
        "<svg class=\"bars\" viewBox=\"0 0 ${steps.size * STEP} $HEIGHT\" preserveAspectRatio=\"none\" role=\"img\"",
    )
    svg.append(" aria-label=\"").append(escaped(label)).append("\">")
    steps.forEachIndexed { step, name ->
        val told = series.joinToString { "${it.name} ${count(it.counts[step])}" }
        svg.append("<g><title>").append(escaped("$name: $told")).append("</title>")
        // The whole column, so that the mouse finds it.
        svg.append("<rect class=\"column\" x=\"${step * STEP}\" y=\"0\" width=\"$STEP\" height=\"$HEIGHT\"/>")
        var top = HEIGHT.toDouble()
        for (one in series) {
            val height = one.counts[step] * HEIGHT.toDouble() / most
            if (height == 0.0) continue
            top -= height
            svg.append("<rect class=\"${one.name}\" x=\"${step * STEP}\" width=\"${STEP - 1}\"")
            svg.append(" y=\"").append(top).append("\" height=\"").append(height).append("\"/>")
        }
        svg.append("</g>")
    }
    svg.append("</svg>")
    div { unsafe { raw(svg.toString()) } }
}

/** A small line of bars without labels. */
internal fun FlowContent.sparkline(label: String, counts: List<Long>) {
    val most = counts.maxOrNull()?.coerceAtLeast(1) ?: 1
    val bars = counts.withIndex().filter { it.value > 0 }.joinToString("") { (step, count) ->
        val height = (count * LOW / most.toDouble()).coerceAtLeast(1.0)
        "<rect x=\"${step * 3}\" y=\"${LOW - height}\" width=\"2\" height=\"$height\"/>"
    }
    span {
        unsafe {
            raw(
                "<svg class=\"spark\" viewBox=\"0 0 ${counts.size * 3} $LOW\" role=\"img\" " +
                    "aria-label=\"${escaped(label)}\">$bars</svg>",
            )
        }
    }
}

private fun escaped(text: String) =
    text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")

private const val STEP = 10
private const val HEIGHT = 100
private const val LOW = 20
