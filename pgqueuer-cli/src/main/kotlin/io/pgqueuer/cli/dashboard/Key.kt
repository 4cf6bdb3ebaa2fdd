package io.pgqueuer.cli.dashboard

import com.github.ajalt.mordant.input.KeyboardEvent

/** A key that the dashboard knows. */
internal sealed interface Key {
    data class Text(
        val text: String,
    ) : Key

    data object Up : Key

    data object Down : Key

    data object PageUp : Key

    data object PageDown : Key

    data object Enter : Key

    data object Escape : Key

    data object Backspace : Key

    /** Ctrl-U. */
    data object Clear : Key

    /** Ctrl-C. */
    data object Interrupt : Key

    companion object {
        private val named = mapOf(
            "ArrowUp" to Up,
            "ArrowDown" to Down,
            "PageUp" to PageUp,
            "PageDown" to PageDown,
            "Enter" to Enter,
            "Escape" to Escape,
            "Backspace" to Backspace,
        )

        /** Returns null for keys that mean nothing here. */
        fun of(event: KeyboardEvent): Key? = when {
            event.ctrl -> mapOf("c" to Interrupt, "u" to Clear)[event.key]
            event.alt -> null
            event.key in named -> named[event.key]
            event.key.codePointCount(0, event.key.length) == 1 -> Text(event.key)
            else -> null
        }
    }
}
