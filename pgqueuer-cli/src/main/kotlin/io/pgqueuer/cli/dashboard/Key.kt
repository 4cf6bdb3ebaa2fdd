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
        private val control = mapOf("c" to Interrupt, "u" to Clear)

        /**
         * Returns the keys that [event] stands for; none if it means nothing here. A key that follows Escape at once looks
         * like one that is pressed together with Alt.
         */
        fun of(event: KeyboardEvent): List<Key> = when {
            event.alt -> listOf(Escape) + of(event.copy(alt = false))
            event.ctrl -> listOfNotNull(control[event.key])
            event.key in named -> listOf(named.getValue(event.key))
            event.key.codePointCount(0, event.key.length) == 1 -> listOf(Text(event.key))
            else -> emptyList()
        }
    }
}
