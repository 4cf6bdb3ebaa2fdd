package io.pgqueuer

/** The text form of a [LogFilter]; see [LogFilter.parse]. */
internal object LogFilterText {
    private const val NAMES = "status, entrypoint, priority, failure"

    private val statuses = FilterText.words(JobStatus.entries)

    fun read(text: String): LogFilter = FilterText.read(text, NAMES).entries
        .fold(LogFilter.ALL) { filter, (name, value) -> filter.with(name, value) }

    private fun LogFilter.with(name: String, value: String): LogFilter = when (name) {
        "status" -> copy(statuses = value.split(',').mapTo(LinkedHashSet(), ::status))
        "entrypoint" -> copy(entrypoint = value)
        "priority" -> copy(priority = FilterText.wholeNumber(name, value))
        "failure" -> copy(failure = value)
        else -> FilterText.unknown(name, NAMES)
    }

    private fun status(value: String): JobStatus =
        FilterText.value("status", value, statuses.keys.joinToString(), statuses[value])

    fun write(filter: LogFilter): String = with(filter) {
        FilterText.write(
            listOfNotNull(
                statuses.ifEmpty { null }?.let { of -> "status" to of.joinToString(",") { it.label } },
                entrypoint?.let { "entrypoint" to it },
                priority?.let { "priority" to "$it" },
                failure?.let { "failure" to it },
            ),
        )
    }
}
