package io.pgqueuer.exposed.internal.insights

/**
 * SQL of the newest row of a job in the [log]: the one with the highest id, or of as many rows as [limit] says. It reads
 * all rows of the job, by the index on `(job_id, created)`.
 *
 * The id decides, not the time: Python stamps rows with the start of their transaction. A cancel of Python's that waited
 * for a claim is logged after the claim with an earlier time.
 *
 * The job is selected by a range, and the inner rows are ordered by it; no other index has that order. With an equality,
 * the planner would drop the job from the order. If the statistics are wrong, other indexes then look equally good, and
 * the log would be read backwards until the job is found. `OFFSET 0` keeps the inner query as it is. Compare statuses as
 * text, so that no index on them fits.
 *
 * @param job the id of the job; used twice.
 * @param condition an additional condition on the row; its alias is `entry`.
 */
internal fun newestLogRow(log: String, columns: String, job: String, condition: String = "true", limit: String = "1") =
    """
    SELECT $columns
    FROM (
        SELECT *
        FROM $log entry
        WHERE entry.job_id >= $job AND entry.job_id <= $job AND $condition
        ORDER BY entry.job_id
        OFFSET 0
    ) entry
    ORDER BY entry.id DESC
    LIMIT $limit
    """.trimIndent()
