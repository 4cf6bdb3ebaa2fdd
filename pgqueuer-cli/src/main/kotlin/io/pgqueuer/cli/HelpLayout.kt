package io.pgqueuer.cli

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.output.MordantHelpFormatter
import com.github.ajalt.mordant.rendering.Whitespace
import com.github.ajalt.mordant.rendering.Widget
import com.github.ajalt.mordant.widgets.Text

/** Lays out the help. What comes last keeps its lines, so that examples can be copied. */
internal class HelpLayout(context: Context) : MordantHelpFormatter(context) {
    override fun renderEpilog(epilog: String): Widget = Text(epilog, whitespace = Whitespace.PRE)
}
