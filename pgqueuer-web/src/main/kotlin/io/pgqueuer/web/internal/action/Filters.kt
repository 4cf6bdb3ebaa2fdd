package io.pgqueuer.web.internal.action

import io.pgqueuer.JobFilter
import io.pgqueuer.LogFilter
import io.pgqueuer.web.PayloadRedactor

/** Reads the filters of users, who must not learn by them what the [redactor] hides. */
internal class Filters(
    private val redactor: PayloadRedactor,
) {
    /** @throws IllegalArgumentException if [text] is no filter, or looks into payloads that are not shown. */
    fun parse(text: String): JobFilter = JobFilter.parse(text).also {
        require(!it.readsPayloads || redactor === PayloadRedactor.SHOW) {
            "this dashboard does not show payloads as they are, so a filter must not have payload conditions"
        }
    }

    /** Returns the filter of the log if [text] asks for jobs that have ended, which are in the log alone; otherwise null. */
    fun ofEnded(text: String): LogFilter? = runCatching { LogFilter.parse(text) }.getOrNull()
        ?.takeIf { filter -> filter.statuses.isNotEmpty() && filter.statuses.all { it.isTerminal } }

    /** @throws IllegalArgumentException also if [text] has no condition, and so means all jobs. */
    fun parseOfSome(text: String): JobFilter = parse(text).also {
        require(it != JobFilter.ALL) { "the filter needs a condition, as in entrypoint:mail" }
    }
}
