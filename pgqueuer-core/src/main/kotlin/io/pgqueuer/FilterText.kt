package io.pgqueuer

/** The text form of filters: conditions of the form `name:value`, separated by spaces. */
internal object FilterText {
    /** A name, a colon, and a value: in double quotes, or up to the next space. */
    private val condition = Regex("""([^\s:"]+):(?:"((?:[^"\\]|\\["\\])*)"|([^\s"]+))(?=\s|$)""")
    private val escape = Regex("""\\(.)""")

    /** Reads the conditions of [text]: names with their values. [names] are told to whoever writes anything else. */
    fun read(text: String, names: String): Map<String, String> {
        val conditions = LinkedHashMap<String, String>()
        var rest = text.trim()
        while (rest.isNotEmpty()) {
            val found = requireNotNull(condition.matchAt(rest, 0)) {
                "'$rest' is no condition; write it as name:value or name:\"a value\", with the names $names"
            }
            val name = found.groupValues[1]
            require(name !in conditions) {
                "'$name' stands twice in the filter '$text'; a filter has each condition once"
            }
            conditions[name] = found.groups[2]?.value?.replace(escape, "$1") ?: found.groupValues[3]
            rest = rest.substring(found.range.last + 1).trimStart()
        }
        return conditions
    }

    fun write(conditions: List<Pair<String, String>>): String =
        conditions.joinToString(" ") { (name, value) -> "$name:${quoted(value)}" }

    fun unknown(name: String, names: String): Nothing =
        throw IllegalArgumentException("'$name' is no condition of a filter; the names are $names")

    /** Returns what was [read] from the [value] of the condition [name]. */
    fun <T : Any> value(name: String, value: String, wanted: String, read: T?): T =
        requireNotNull(read) { "'$value' in '$name:$value' is not one of: $wanted" }

    fun wholeNumber(name: String, value: String): Int = value(name, value, "a whole number", value.toIntOrNull())

    /** The [statuses] by the words that stand for them: their labels, and the word of operators for held jobs. */
    fun words(statuses: Iterable<JobStatus>): Map<String, JobStatus> =
        statuses.associateBy { it.label } + ("held" to JobStatus.HELD)

    private fun quoted(value: String): String =
        if (value.isNotEmpty() && value.none { it.isWhitespace() || it == '"' }) {
            value
        } else {
            value.replace("\\", "\\\\").replace("\"", "\\\"").let { "\"$it\"" }
        }
}
