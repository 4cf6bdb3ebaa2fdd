package io.pgqueuer

/**
 * Selects entries of the log. An entry matches if both conditions hold.
 *
 * @property entrypoint the exact entrypoint; null (default) for all.
 * @property statuses the statuses; empty (default) for all.
 */
public data class LogFilter(
    val entrypoint: String? = null,
    val statuses: Set<JobStatus> = emptySet(),
) {
    public companion object {
        /** Matches every entry. */
        public val ALL: LogFilter = LogFilter()
    }
}
