package io.pgqueuer.exposed.internal.insights

/**
 * SQL of the newest row that a job has in the [log], by the index on `(job_id, created)`.
 *
 * The job is asked for as a range, so that the order begins with it, and no other index has that order. By equality
 * the planner drops it from the order, and where the statistics are wrong Python's index on `created` looks as good:
 * the log would be read backwards until the job turns up. Statuses are to be compared as text, for no index on them to
 * fit.
 *
 * @param job the id of the job.
 * @param condition more that the row must be; its alias is `entry`.
 */
internal fun newestLogRow(log: String, columns: String, job: String, condition: String = "true") = """
    SELECT $columns
    FROM $log entry
    WHERE entry.job_id >= $job AND entry.job_id <= $job AND $condition
    ORDER BY entry.job_id, entry.created DESC, entry.id DESC
    LIMIT 1
""".trimIndent()
