package io.pgqueuer

import java.util.UUID
import kotlin.time.Duration

/** The text form of a [JobFilter]; see [JobFilter.parse]. */
internal object JobFilterText {
    private const val HEADER = "header."
    private const val PAYLOAD = "payload."
    private const val NAMES = "status, entrypoint, priority, worker, dedupe-key, age, failure, header.NAME, payload, " +
        "payload.PATH"

    private val statuses =
        FilterText.words(listOf(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.HELD)) + ("running" to JobStatus.PICKED)

    fun read(text: String): JobFilter = FilterText.read(text, NAMES).entries
        .fold(JobFilter.ALL) { filter, (name, value) -> filter.with(name, value) }

    private fun JobFilter.with(name: String, value: String): JobFilter = when {
        name == "status" -> copy(status = status(value))

        name == "entrypoint" -> copy(entrypoint = value)

        name == "priority" -> copy(priority = FilterText.wholeNumber(name, value))

        name == "worker" ->
            copy(workerId = WorkerId(FilterText.value(name, value, "the id of a worker", uuid(value))))

        name == "dedupe-key" -> copy(dedupeKey = value)

        name == "age" -> {
            val age = Duration.parseOrNull(value)
            copy(minAge = FilterText.value(name, value, "a duration as in 90s or 1h30m", age))
        }

        name == "failure" -> copy(failure = value)

        name == "payload" -> copy(payloadText = value)

        name.startsWith(HEADER) && name != HEADER -> copy(headers = headers + (name.removePrefix(HEADER) to value))

        name.startsWith(PAYLOAD) && name != PAYLOAD ->
            copy(payloadValues = payloadValues + (name.removePrefix(PAYLOAD) to value))

        else -> FilterText.unknown(name, NAMES)
    }

    private fun status(value: String): JobStatus {
        val ended = JobStatus.entries.find { it.label == value && it.isTerminal }
        require(ended == null) { "jobs with status:$value have ended, and are in the log alone" }
        return FilterText.value("status", value, statuses.keys.joinToString(), statuses[value])
    }

    private fun uuid(value: String): UUID? = runCatching { UUID.fromString(value) }.getOrNull()

    fun write(filter: JobFilter): String = with(filter) {
        FilterText.write(
            listOfNotNull(
                status?.let { "status" to it.label },
                entrypoint?.let { "entrypoint" to it },
                priority?.let { "priority" to "$it" },
                workerId?.let { "worker" to "$it" },
                dedupeKey?.let { "dedupe-key" to it },
                minAge?.let { "age" to "$it" },
                failure?.let { "failure" to it },
                payloadText?.let { "payload" to it },
            ) + headers.map { (name, value) -> HEADER + name to value } +
                payloadValues.map { (path, value) -> PAYLOAD + path to value },
        )
    }
}
