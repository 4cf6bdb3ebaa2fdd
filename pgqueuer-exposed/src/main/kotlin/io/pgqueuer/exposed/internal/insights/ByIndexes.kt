package io.pgqueuer.exposed.internal.insights

/**
 * Settings with which a view uses nothing but the indexes that are meant for it, until its transaction ends. The planner's
 * statistics of a queue are nearly always wrong: it reads all of a long queue to find a few held jobs. The transaction
 * must be our own.
 */
internal val BY_INDEXES: List<String> =
    listOf("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin").map { setting(it, "off") } +
        setting("max_parallel_workers_per_gather", "0") + setting("plan_cache_mode", "force_custom_plan")

/** SQL that sets [name] until the transaction ends. */
internal fun setting(name: String, value: String): String = "set_config('$name', '$value', true)"
