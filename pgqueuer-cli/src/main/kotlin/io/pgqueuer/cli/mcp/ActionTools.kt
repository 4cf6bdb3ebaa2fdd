package io.pgqueuer.cli.mcp

import io.pgqueuer.Backend
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.PauseOptions
import io.pgqueuer.PgQueuerException
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.look.pauseRow
import io.pgqueuer.cli.look.table
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlin.time.Duration.Companion.days

/** The tools that change the queue: jobs by their ids, and pauses by name. */
internal class ActionTools(
    private val backend: Backend,
) {
    private val queue = backend.queue
    private val jobs = ids("ids", "the ids of the jobs", MOST_JOBS)
    private val entrypoint = text("entrypoint", "one entrypoint, by its exact name; not with queue")
    private val wholeQueue =
        text("queue", "the whole queue, by its exact name, which tables shows; not with entrypoint")

    val all: List<QueueTool> = listOf(
        changingJobs(
            "requeue_jobs",
            "Requeue failed jobs",
            "Queues held (failed) jobs again: due now, with their retries at 0. Other jobs are left as they are.",
            Effect.CHANGES,
            JobQueue::requeue,
        ),
        changingJobs(
            "run_jobs_now",
            "Run deferred jobs now",
            "Makes queued jobs due now that have a delay or wait for a retry. Other jobs are left as they are.",
            Effect.CHANGES,
            JobQueue::runNow,
        ),
        changingJobs(
            "cancel_jobs",
            "Cancel jobs",
            "Cancels jobs: queued ones are deleted, running ones are told to stop and end when their handlers do. " +
                "Held and ended jobs are left as they are. A canceled job cannot be brought back.",
            Effect.DELETES,
            JobQueue::cancel,
        ),
        changingJobs(
            "dismiss_jobs",
            "Delete failed jobs",
            "Deletes held (failed) jobs, with their payloads. Other jobs are left as they are. A dismissed job " +
                "cannot be brought back.",
            Effect.DELETES,
            JobQueue::dismiss,
        ),
        pause(),
        resume(),
    )

    private fun changingJobs(
        name: String,
        title: String,
        description: String,
        effect: Effect,
        change: suspend JobQueue.(Set<JobId>) -> Set<JobId>,
    ) = QueueTool(name, title, description, effect, jobs) { given ->
        val wanted = given[jobs]
        val changed = queue.change(wanted)
        val reasons = reasons(wanted - changed)
        Answer(
            JsonObject(
                mapOf(
                    "changed" to JsonArray(changed.sorted().map { JsonPrimitive(it.value) }),
                    "unchanged" to JsonArray(reasons.map(Row::json)),
                ),
            ),
            listOf("changed: ${changed.sorted().joinToString().ifEmpty { "none" }}", "unchanged:") +
                table(reasons).ifEmpty { listOf("none") },
        )
    }

    /** Says of each of [ids], which are unchanged, where it is now. */
    private suspend fun reasons(ids: Set<JobId>): List<Row> {
        if (ids.isEmpty()) return emptyList()
        val states = afterwards {
            val present = backend.insights.inQueue(ids)
            val last = backend.insights.lastStatuses(ids)
            ids.associateWith { id ->
                val status = last[id]?.label
                when {
                    id in present -> if (status == null) "it is in the queue" else "it is in the queue as $status"
                    status != null -> "it is not in the queue; its last status was $status"
                    else -> "there is no such job"
                }
            }
        }
        return ids.map { Row("id" to it.value, "reason" to (states?.get(it) ?: "its state could not be read")) }
    }

    private fun pause(): QueueTool {
        val lasting = optionalDuration("for", "after which time the pause ends by itself (default: never)", 366.days)
        val reason = text("reason", "why, for those who look at the queue")
        return QueueTool(
            "pause",
            "Pause an entrypoint or the queue",
            "Pauses one entrypoint or the whole queue: workers start none of its jobs, running ones go on. It " +
                "replaces the pause that is there.",
            Effect.CHANGES,
            entrypoint,
            wholeQueue,
            lasting,
            reason,
        ) { given ->
            val options: PauseOptions.() -> Unit = {
                duration = given[lasting]
                this.reason = given[reason]
            }
            val name = named(given)
            val pause = if (name == null) queue.pauseQueue(options) else queue.pause(name, options)
            Answer.of(pauseRow(pause), listOfNotNull(name?.let { noJobs(it) }))
        }
    }

    private fun resume() = QueueTool(
        "resume",
        "Resume an entrypoint or the queue",
        "Ends the pause of one entrypoint or of the whole queue. Workers start its jobs at once.",
        Effect.ENDS,
        entrypoint,
        wholeQueue,
    ) { given ->
        val name = named(given)
        val resumed = if (name == null) queue.resumeQueue() else queue.resume(name)
        val left = afterwards { backend.insights.pauses().map(::pauseRow) }
        Answer(
            JsonObject(
                mapOf(
                    "entrypoint" to JsonPrimitive(name),
                    "resumed" to JsonPrimitive(resumed),
                    "still_paused" to JsonArray(left.orEmpty().map(Row::json)),
                ),
            ),
            listOf("${name ?: "the whole queue"} ${if (resumed) "is resumed" else "was not paused"}") +
                if (left.isNullOrEmpty()) emptyList() else listOf("still paused:") + table(left),
        )
    }

    /** Returns the entrypoint that is named; null if the whole queue is. */
    private suspend fun named(given: Arguments): String? {
        val name = given[entrypoint]
        val whole = given[wholeQueue]
        require((name == null) != (whole == null)) { "name an entrypoint or the queue: one of the two" }
        // Checks the name before anything is changed.
        name?.let { NewJob(it) }
        if (whole != null) {
            val actual = backend.insights.tableSizes().first().table
            require(whole == actual) { "argument 'queue': this queue is not '$whole', its name is '$actual'" }
        }
        return name
    }

    private suspend fun noJobs(entrypoint: String): String? {
        val count = afterwards { backend.insights.countJobs(JobFilter(entrypoint = entrypoint), atMost = 1) }
        return "There is no job of '$entrypoint' in the queue now: check the name.".takeIf { count == 0 }
    }

    /** Reads something once a change is made. That it cannot be read must not hide the change. */
    private suspend fun <T> afterwards(read: suspend () -> T): T? = try {
        read()
    } catch (_: PgQueuerException) {
        null
    }

    private companion object {
        const val MOST_JOBS = 100
    }
}
