package io.pgqueuer.exposed.internal.settings

/**
 * A connection string of pairs: `name = value`, separated by spaces, a value with spaces in single quotes, `\` before a
 * quote or a backslash.
 *
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE
 */
internal class KeyValueDsn(
    private val text: String,
) {
    private var at = 0

    fun parse(): Map<String, String> = buildMap {
        while (true) {
            skipSpace()
            if (at == text.length) return@buildMap
            val name = name()
            put(name, value(name))
        }
    }

    private fun name(): String {
        val start = at
        while (at < text.length && text[at] != '=' && !text[at].isWhitespace()) at++
        val name = text.substring(start, at)
        skipSpace()
        // A word without '=' can be a part of a password with an unquoted space, so it is not shown.
        require(at < text.length && text[at] == '=' && name.isNotEmpty()) {
            "a pair at character ${start + 1} has no '='; put values with spaces in single quotes"
        }
        // It can be a URI with a misspelled scheme, so nothing of it is shown.
        require(name.isParameterName) {
            "the name at character ${start + 1} has characters that no parameter has; $FORMS"
        }
        at++
        skipSpace()
        return name
    }

    private fun value(name: String): String = buildString {
        val quoted = at < text.length && text[at] == '\''
        if (quoted) at++
        while (at < text.length) {
            val next = text[at++]
            when {
                next == '\\' -> if (at < text.length) append(text[at++])
                quoted && next == '\'' -> return@buildString
                !quoted && next.isWhitespace() -> return@buildString
                else -> append(next)
            }
        }
        require(!quoted) { "parameter '$name': the closing quote is missing" }
    }

    private fun skipSpace() {
        while (at < text.length && text[at].isWhitespace()) at++
    }
}
