package io.pgqueuer.cli.torture.worker

/**
 * The entrypoints of the torture's jobs.
 *
 * @property limit how many jobs of it may run at once, over all workers; null for no limit.
 */
internal enum class Entrypoint(
    val limit: Int?,
) {
    FREE(limit = null),

    /** Its handler blocks its thread, and its failed jobs are deleted. */
    BLOCKING(limit = null),
    THREE(limit = 3),
    ONE(limit = 1),
    ;

    val label = name.lowercase()

    companion object {
        val LIMITS: Map<String, Int> = Entrypoint.entries.filter { it.limit != null }.associate {
            it.label to
                checkNotNull(it.limit)
        }
    }
}
