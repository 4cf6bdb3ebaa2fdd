package io.pgqueuer

import kotlin.time.Duration

/**
 * Selects jobs in the queue. A job matches if all conditions hold; a condition that is null holds for every job.
 *
 * A filter can be written as text, which [parse] reads and [toString] writes:
 *
 * ```
 * status:failed entrypoint:mail age:1h failure:SocketTimeoutException header.tenant:acme
 * ```
 *
 * @property status the status of the job: [JobStatus.QUEUED], [JobStatus.PICKED] or [JobStatus.HELD].
 * @property priority the exact priority.
 * @property workerId the worker that runs the job.
 * @property minAge how long ago the job must have been enqueued, at least.
 * @property failure the type of the exception that the job is held for, as `java.io.IOException` or `IOException`. Only
 * held jobs match.
 * @property payloadText a text that the payload must contain, in UTF-8 and in the same case.
 * @property payloadValues what a payload that is JSON must contain: values by their paths. A path has names and, for
 * arrays, numbers from 0, with points between them: `customer.id`, `items.0.sku`. Values are compared as text, numbers as
 * they are written. Objects, arrays and null never match, nor do names that contain a point.
 * @property headers the headers that the job must have, with their values as text. Objects and arrays never match.
 * @throws IllegalArgumentException if [status] is one of a job that has ended, or if [minAge] is not positive and
 * finite.
 */
public data class JobFilter(
    val status: JobStatus? = null,
    val entrypoint: String? = null,
    val priority: Int? = null,
    val workerId: WorkerId? = null,
    val dedupeKey: String? = null,
    val minAge: Duration? = null,
    val failure: String? = null,
    val headers: Map<String, String> = emptyMap(),
    val payloadText: String? = null,
    val payloadValues: Map<String, String> = emptyMap(),
) {
    /** Whether payloads decide which jobs match. It must then read the payloads of all jobs that match otherwise. */
    val readsPayloads: Boolean get() = payloadText != null || payloadValues.isNotEmpty()

    init {
        require(status == null || !status.isTerminal) {
            "status must be one of a job in the queue (queued, picked, failed), was ${status?.label}: jobs that have " +
                "ended are in the log alone"
        }
        minAge?.let { requireSpan("minAge", it) }
    }

    /** Whether [payload] meets the conditions on payloads. For stores, which may not be able to look into payloads. */
    @PgQueuerSpi
    public fun matchesPayload(payload: ByteArray?): Boolean = when {
        !readsPayloads -> true
        payload == null -> false
        else -> PayloadContent(payload).let { it.contains(payloadText) && it.hasAll(payloadValues) }
    }

    /** Returns this filter as text, which [parse] reads. */
    override fun toString(): String = JobFilterText.write(this)

    public companion object {
        /** Matches every job in the queue. */
        public val ALL: JobFilter = JobFilter()

        /**
         * Reads conditions of the form `name:value`, separated by spaces. A value with spaces or quotes stands in double
         * quotes, with `\` before a quote or a `\` within. The names:
         *
         * | name | holds for |
         * |---|---|
         * | `status` | `queued`, `picked` or `failed`; `running` and `held` are read, too |
         * | `entrypoint` | the exact entrypoint |
         * | `priority` | the exact priority |
         * | `worker` | the id of the worker that runs the job |
         * | `dedupe-key` | the exact dedupe key |
         * | `age` | jobs that were enqueued at least this long ago, as in `90s` or `1h30m` |
         * | `failure` | held jobs, by the type of the exception, with or without its package |
         * | `header.NAME` | the exact value of a header, as text |
         * | `payload` | a text that the payload contains |
         * | `payload.PATH` | the exact value at a path of a payload that is JSON, as text: `payload.customer.id:42` |
         *
         * @throws IllegalArgumentException if [text] is not of that form. It names the condition.
         */
        public fun parse(text: String): JobFilter = JobFilterText.read(text)
    }
}
