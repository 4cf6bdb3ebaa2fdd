package io.pgqueuer.cli.dashboard

import com.github.ajalt.mordant.rendering.AnsiLevel
import com.github.ajalt.mordant.rendering.TextColors
import com.github.ajalt.mordant.rendering.TextStyle
import com.github.ajalt.mordant.rendering.TextStyles
import com.github.ajalt.mordant.terminal.Terminal

/** The alternate screen of a terminal, which is left as it was when this is closed. */
internal class Canvas(
    private val terminal: Terminal,
) : AutoCloseable {
    private val isColored = terminal.terminalInfo.ansiLevel != AnsiLevel.NONE

    val height: Int get() = terminal.updateSize().height

    init {
        terminal.rawPrint(ENTER)
    }

    fun draw(lines: List<Line>) {
        val width = terminal.size.width
        terminal.rawPrint(lines.joinToString(NEXT_LINE, HOME, REST_OF_SCREEN) { styled(it, width) })
    }

    private fun styled(line: Line, width: Int): String {
        val text = cut(line.text, width)
        val style = if (isColored) STYLES[line.look] else STYLES_WITHOUT_COLOR[line.look]
        return style?.invoke(text) ?: text
    }

    private fun cut(text: String, width: Int): String =
        if (text.codePointCount(0, text.length) <= width) text else text.substring(0, text.offsetByCodePoints(0, width))

    override fun close() {
        terminal.rawPrint(LEAVE)
    }

    private companion object {
        const val ENTER = "\u001b[?1049h\u001b[?25l"
        const val LEAVE = "\u001b[?25h\u001b[?1049l"
        const val HOME = "\u001b[H"
        const val NEXT_LINE = "\u001b[K\r\n"
        const val REST_OF_SCREEN = "\u001b[K\u001b[J"

        val STYLES: Map<Look, TextStyle> = mapOf(
            Look.TITLE to TextStyles.bold.style,
            Look.SELECTED to TextStyles.inverse.style,
            Look.WARNING to TextColors.yellow,
            Look.QUIET to TextStyles.dim.style,
        )

        /** Without these, nobody would see what is selected. */
        val STYLES_WITHOUT_COLOR = STYLES.filterKeys { it == Look.SELECTED }
    }
}
