package io.pgqueuer.failures

/**
 * A text of at most [maxBytes] bytes of UTF-8, as a store keeps it. If the text is longer, its end is cut off and a
 * marker says so.
 */
internal class BoundedText(maxBytes: Int) {
    private val room = maxBytes - MARKER_BYTES
    private val marker = "$MARKER_START$maxBytes bytes]"
    private val text = StringBuilder()
    private var bytes = 0

    /** Whether something was cut off. Nothing is appended after that. */
    var isCut = false
        private set

    fun append(more: String): BoundedText {
        if (isCut) return this
        var end = 0
        while (end < more.length) {
            val pair = more[end].isHighSurrogate() && end + 1 < more.length && more[end + 1].isLowSurrogate()
            val width = if (pair) PAIR_BYTES else bytesOf(more[end])
            if (bytes + width > room) {
                isCut = true
                break
            }
            bytes += width
            end += if (pair) 2 else 1
        }
        text.append(more, 0, end)
        return this
    }

    override fun toString(): String = if (isCut) "$text$marker" else "$text"

    private companion object {
        const val MARKER_START = "… [cut at "

        /** The size of the marker with a number of ten digits, plus a reserve. */
        const val MARKER_BYTES = 32
        const val PAIR_BYTES = 4
        const val ONE_BYTE_BELOW = '\u0080'
        const val TWO_BYTES_BELOW = '\u0800'

        // NUL is stored as a replacement character, which has three bytes.
        fun bytesOf(char: Char): Int = when {
            char == '\u0000' -> 3
            char < ONE_BYTE_BELOW -> 1
            char < TWO_BYTES_BELOW -> 2
            else -> 3
        }
    }
}

/** Returns this text, cut to [maxBytes] bytes of UTF-8. */
internal fun String.boundedTo(maxBytes: Int): String = BoundedText(maxBytes).append(this).toString()
