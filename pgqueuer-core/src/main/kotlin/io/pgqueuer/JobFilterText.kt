package io.pgqueuer

import java.util.UUID
import kotlin.time.Duration

/** The text form of a [JobFilter]; see [JobFilter.parse]. */
internal object JobFilterText {
    private const val HEADER = "header."
    private const val NAMES = "status, entrypoint, priority, worker, dedupe-key, age, failure, header.NAME"

    /** A name, a colon, and a value: in double quotes, or up to the next space. */
    private val condition = Regex("""([^\s:"]+):(?:"((?:[^"\\]|\\["\\])*)"|([^\s"]+))(?=\s|$)""")
    private val escape = Regex("""\\(.)""")
    private val statuses = mapOf(
        "queued" to JobStatus.QUEUED,
        "picked" to JobStatus.PICKED,
        "running" to JobStatus.PICKED,
        "failed" to JobStatus.HELD,
        "held" to JobStatus.HELD,
    )

    fun read(text: String): JobFilter {
        var filter = JobFilter.ALL
        val seen = HashSet<String>()
        var rest = text.trim()
        while (rest.isNotEmpty()) {
            val found = requireNotNull(condition.matchAt(rest, 0)) {
                "'$rest' is no condition; write it as name:value or name:\"a value\", with the names $NAMES"
            }
            val name = found.groupValues[1]
            require(seen.add(name)) { "'$name' stands twice in the filter '$text'; a filter has each condition once" }
            val value = found.groups[2]?.value?.replace(escape, "$1") ?: found.groupValues[3]
            filter = filter.with(name, value)
            rest = rest.substring(found.range.last + 1).trimStart()
        }
        return filter
    }

    private fun JobFilter.with(name: String, value: String): JobFilter = when {
        name == "status" -> copy(status = value(name, value, statuses.keys.joinToString(), statuses[value]))
        name == "entrypoint" -> copy(entrypoint = value)
        name == "priority" -> copy(priority = value(name, value, "a whole number", value.toIntOrNull()))
        name == "worker" -> copy(workerId = WorkerId(value(name, value, "the id of a worker", uuid(value))))
        name == "dedupe-key" -> copy(dedupeKey = value)
        name == "age" -> copy(minAge = value(name, value, "a duration as in 90s or 1h30m", Duration.parseOrNull(value)))
        name == "failure" -> copy(failure = value)
        name.startsWith(HEADER) && name != HEADER -> copy(headers = headers + (name.removePrefix(HEADER) to value))
        else -> throw IllegalArgumentException("'$name' is no condition of a filter; the names are $NAMES")
    }

    private fun <T : Any> value(name: String, value: String, wanted: String, read: T?): T =
        requireNotNull(read) { "'$value' in '$name:$value' is not one of: $wanted" }

    private fun uuid(value: String): UUID? = runCatching { UUID.fromString(value) }.getOrNull()

    fun write(filter: JobFilter): String = with(filter) {
        listOfNotNull(
            status?.let { "status" to it.label },
            entrypoint?.let { "entrypoint" to it },
            priority?.let { "priority" to "$it" },
            workerId?.let { "worker" to "$it" },
            dedupeKey?.let { "dedupe-key" to it },
            minAge?.let { "age" to "$it" },
            failure?.let { "failure" to it },
        ) + headers.map { (name, value) -> HEADER + name to value }
    }.joinToString(" ") { (name, value) -> "$name:${quoted(value)}" }

    private fun quoted(value: String): String =
        if (value.isNotEmpty() && value.none { it.isWhitespace() || it == '"' }) {
            value
        } else {
            value.replace("\\", "\\\\").replace("\"", "\\\"").let { "\"$it\"" }
        }
}
