package io.pgqueuer

/**
 * Selects entries of the log. An entry matches if all conditions hold. Like a [JobFilter], it can be written as text:
 * `status:exception,canceled entrypoint:mail`.
 *
 * @property entrypoint the exact entrypoint; null (default) for all.
 * @property statuses the statuses; empty (default) for all.
 * @property priority the exact priority; null (default) for all.
 * @property failure the type of the exception in the record of a failure, as `java.io.IOException` or `IOException`; null
 * (default) for all entries, also those without a failure.
 */
public data class LogFilter(
    val entrypoint: String? = null,
    val statuses: Set<JobStatus> = emptySet(),
    val priority: Int? = null,
    val failure: String? = null,
) {
    /** Returns this filter as text, which [parse] reads. */
    override fun toString(): String = LogFilterText.write(this)

    public companion object {
        /** Matches every entry. */
        public val ALL: LogFilter = LogFilter()

        /**
         * Reads conditions in the form of [JobFilter.parse]. The names:
         *
         * | name | holds for |
         * |---|---|
         * | `status` | one or several of `queued`, `picked`, `successful`, `exception`, `failed`, `canceled` and `deleted`, with commas |
         * | `entrypoint` | the exact entrypoint |
         * | `priority` | the exact priority |
         * | `failure` | entries with a failure, by the type of the exception, with or without its package |
         *
         * @throws IllegalArgumentException if [text] is not of that form. It names the condition.
         */
        public fun parse(text: String): LogFilter = LogFilterText.read(text)
    }
}
