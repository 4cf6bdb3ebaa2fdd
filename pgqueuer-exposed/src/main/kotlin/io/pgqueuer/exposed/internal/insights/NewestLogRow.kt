package io.pgqueuer.exposed.internal.insights

/**
 * SQL of the newest row of a job in the [log], by the index on `(job_id, created)`.
 *
 * The job is selected by a range, so that the order begins with it; no other index has that order. With an equality,
 * the planner would drop the job from the order. If the statistics are wrong, Python's index on `created` then looks
 * equally good, and the log would be read backwards until the job is found. Compare statuses as text, so that no index
 * on them fits.
 *
 * @param job the id of the job.
 * @param condition an additional condition on the row; its alias is `entry`.
 */
internal fun newestLogRow(log: String, columns: String, job: String, condition: String = "true") = """
    SELECT $columns
    FROM $log entry
    WHERE entry.job_id >= $job AND entry.job_id <= $job AND $condition
    ORDER BY entry.job_id, entry.created DESC, entry.id DESC
    LIMIT 1
""".trimIndent()
