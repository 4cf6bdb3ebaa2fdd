package io.pgqueuer.cli.look

import io.pgqueuer.Insights
import io.pgqueuer.JobId
import io.pgqueuer.LogEntry
import io.pgqueuer.StoredJob
import io.pgqueuer.cli.CommandException
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/**
 * One job.
 *
 * @property job its row; null if it has ended.
 * @property log its log, oldest first.
 */
internal class JobWithLog private constructor(
    private val id: JobId,
    val job: StoredJob?,
    private val log: List<LogEntry>,
) {
    private val stackTrace = log.mapNotNull { it.failure?.stackTrace }.lastOrNull { it.isNotBlank() }?.trimEnd()

    /** For programs, with [details] as the row of the job. */
    fun json(details: Row? = job?.let(::jobDetails)): JsonObject = JsonObject(
        mapOf(
            "job" to (details?.json() ?: JsonNull),
            "log" to JsonArray(log.map { stepRow(it).json() }),
            "stack_trace" to JsonPrimitive(stackTrace),
        ),
    )

    /** For people. */
    fun lines(): List<String> = buildList {
        if (job == null) add("job $id has ended; its log:") else addAll(jobDetails(job).lines())
        if (log.isNotEmpty()) {
            if (job != null) add("")
            addAll(table(log.map(::stepRow)))
        }
        stackTrace?.let { addAll(listOf("", it)) }
    }

    companion object {
        /**
         * Reads the job [id], with the last [steps] of its log.
         *
         * @throws CommandException if neither the queue nor the log has the job.
         */
        suspend fun read(insights: Insights, id: JobId, steps: Int = Int.MAX_VALUE): JobWithLog {
            val (job, log) = insights.job(id) to insights.log(id, steps)
            if (job == null && log.isEmpty()) {
                throw CommandException("there is no job $id in the queue, and the log knows none")
            }
            return JobWithLog(id, job, log)
        }
    }
}
