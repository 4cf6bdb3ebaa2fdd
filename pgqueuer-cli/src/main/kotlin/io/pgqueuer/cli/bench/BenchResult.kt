package io.pgqueuer.cli.bench

import io.pgqueuer.LogLevel
import io.pgqueuer.QueueProperties
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import java.util.Locale

/**
 * What a benchmark measured. What does not apply to it is left out.
 *
 * @property floorRatio the rate divided by that of plain SQL for the same rows in the same run.
 * @property ratio the rate divided by that of the benchmark it is compared with.
 * @property claimsPerJob claims that all workers together sent for each job.
 * @property transactionsPerJob transactions on the server for each job.
 * @property transactionsPerMinute transactions on the server per minute.
 * @property threads how many threads were started.
 * @property halfwayMegabytes the size of the queue's table and indexes after half the time.
 * @property megabytes their size at the end.
 * @property deadRows dead rows of the queue's table that were not vacuumed yet.
 * @property seconds the time from the start of a process to its end.
 * @property cpuSeconds the CPU time that the process used.
 * @property toNotificationMs the median time from the return of an enqueue to its notification.
 * @property toClaimMs the median time from the notification to the call that claims the job. Without notifications, from
 * the return of the enqueue.
 * @property inClaimMs the median time that this call took.
 * @property toHandlerMs the median time from the end of this call to the start of the handler.
 * @property claimMs the median of one commit and one claim alone, in the same run.
 */
@Serializable
internal data class BenchResult(
    val bench: String,
    val jobs: Long? = null,
    @SerialName("batch_size") val batchSize: Int? = null,
    @SerialName("jobs_per_s") val jobsPerSecond: Long? = null,
    @SerialName("floor_ratio") val floorRatio: Double? = null,
    val ratio: Double? = null,
    val seconds: Double? = null,
    @SerialName("cpu_s") val cpuSeconds: Double? = null,
    @SerialName("p50_ms") val p50: Double? = null,
    @SerialName("p95_ms") val p95: Double? = null,
    @SerialName("p99_ms") val p99: Double? = null,
    @SerialName("to_notification_ms") val toNotificationMs: Double? = null,
    @SerialName("to_claim_ms") val toClaimMs: Double? = null,
    @SerialName("in_claim_ms") val inClaimMs: Double? = null,
    @SerialName("to_handler_ms") val toHandlerMs: Double? = null,
    @SerialName("claim_ms") val claimMs: Double? = null,
    @SerialName("claims_per_job") val claimsPerJob: Double? = null,
    @SerialName("transactions_per_job") val transactionsPerJob: Double? = null,
    @SerialName("transactions_per_minute") val transactionsPerMinute: Double? = null,
    val threads: Int? = null,
    @SerialName("half_mb") val halfwayMegabytes: Double? = null,
    @SerialName("mb") val megabytes: Double? = null,
    @SerialName("dead_rows") val deadRows: Long? = null,
    @SerialName("pg_version") val pgVersion: String? = null,
    val durability: String? = null,
    @SerialName("log_level") val logLevel: String? = null,
    val notifications: Boolean? = null,
) {
    /** Returns this result with the server's [version] and with [properties]. Defaults of the latter are left out. */
    fun on(version: String, properties: QueueProperties) = copy(
        pgVersion = version,
        durability = properties.durability.label,
        logLevel = properties.logLevel.label.takeIf { properties.logLevel != LogLevel.FULL },
        notifications = properties.notifications.takeIf { !it },
    )

    /** Returns one JSON object on one line. */
    fun toJson(): String = json.encodeToString(serializer(), this)

    /** Returns one line for people, with the name in [columns]. */
    fun toText(columns: Int): String = listOfNotNull(
        jobsPerSecond?.let { "$it jobs/s" },
        floorRatio?.let { "${it.shown()} of the floor" },
        ratio?.let { "ratio ${it.shown()}" },
        seconds?.let { "${it.shown()} s" },
        cpuSeconds?.let { "${it.shown()} s of CPU" },
        p50?.let { "p50 ${it.shown()} ms" },
        p95?.let { "p95 ${it.shown()} ms" },
        p99?.let { "p99 ${it.shown()} ms" },
        toNotificationMs?.let { "to the notification ${it.shown()} ms" },
        toClaimMs?.let { "to the claim ${it.shown()} ms" },
        inClaimMs?.let { "in the claim ${it.shown()} ms" },
        toHandlerMs?.let { "to the handler ${it.shown()} ms" },
        claimMs?.let { "a commit and a claim ${it.shown()} ms" },
        claimsPerJob?.let { "${it.shown()} claims a job" },
        transactionsPerJob?.let { "${it.shown(if (it < 0.1) 4 else 2)} transactions a job" },
        transactionsPerMinute?.let { "${it.shown()} transactions a minute" },
        threads?.let { "$it threads" },
        halfwayMegabytes?.let { "${it.shown()} MB after half the time" },
        megabytes?.let { "${it.shown()} MB at the end" },
        deadRows?.let { "$it dead rows" },
        jobs?.let { "$it jobs" },
        batchSize?.let { "batch size $it" },
        logLevel?.let { "log level $it" },
        notifications?.let { "without notifications" },
    ).joinToString(prefix = bench.padEnd(columns))

    companion object {
        private const val NAME_COLUMNS = 24

        /** How many columns the names of [results] need, which are shown together. */
        fun columns(results: List<BenchResult>) = maxOf(NAME_COLUMNS, results.maxOf { it.bench.length } + 2)

        private val json = Json { encodeDefaults = false }

        private fun Double.shown(decimals: Int = 2) = String.format(Locale.ROOT, "%.${decimals}f", this)
    }
}
