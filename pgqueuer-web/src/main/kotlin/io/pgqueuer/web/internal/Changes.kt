package io.pgqueuer.web.internal

import io.pgqueuer.Backend
import io.pgqueuer.JobId
import io.pgqueuer.ScheduleId
import io.pgqueuer.web.internal.action.BulkTasks
import io.pgqueuer.web.internal.action.Filters
import io.pgqueuer.web.internal.action.JobAction
import kotlin.time.Duration

/** What a change came to: a text for the user, and where to look next; null for where the user was. */
internal class Changed(
    val notice: String,
    val path: String? = null,
)

/**
 * The changes that users can make. Each throws [IllegalArgumentException] or [IllegalStateException] with a text for the
 * user if it cannot be made; then nothing is changed.
 */
internal class Changes(
    private val backend: Backend,
    private val tasks: BulkTasks,
    private val filters: Filters,
) {
    /** Makes the change of a `POST` to [path]; returns null if there is no such change. */
    suspend fun make(path: String, fields: Fields): Changed? = when {
        path == "/jobs/selected" -> selected(fields)
        path == "/tasks" -> start(fields)
        path.startsWith("/tasks/") && path.endsWith("/stop") -> stop(path)
        path == "/pause" -> pause(fields)
        path == "/resume" -> resume(fields)
        path == "/schedules/run" -> runSchedule(fields)
        path == "/schedules/pause" -> pauseSchedule(fields)
        path == "/schedules/resume" -> resumeSchedule(fields)
        path == "/schedules/remove" -> removeSchedule(fields)
        else -> null
    }

    private suspend fun selected(fields: Fields): Changed {
        val action = action(fields)
        val ids = fields.all("id").map { JobId(number(it)) }.toSet()
        require(ids.isNotEmpty()) { "select jobs first" }
        require(ids.size <= MOST_SELECTED) { "select at most $MOST_SELECTED jobs, were ${ids.size}" }
        val changed = action.on(backend.queue, ids)
        val left = ids - changed
        val others = if (left.isEmpty()) {
            ""
        } else {
            " ${left.size} could not be, as their status does not allow it: ${left.take(NAMED).joinToString()}"
        }
        return Changed("${changed.size} ${if (changed.size == 1) "job" else "jobs"} ${action.done}.$others")
    }

    private suspend fun start(fields: Fields): Changed {
        val task = tasks.start(action(fields), filters.parseOfSome(fields["filter"].orEmpty()))
        return Changed("The change runs.", "/tasks/${task.number}")
    }

    private fun stop(path: String): Changed {
        val task = requireNotNull(tasks[path.removePrefix("/tasks/").removeSuffix("/stop").toLongOrNull()]) {
            "there is no such change any more"
        }
        task.stop()
        return Changed("It stops after the current chunk.", "/tasks/${task.number}")
    }

    private suspend fun pause(fields: Fields): Changed {
        val lasting = fields["duration"]?.let {
            requireNotNull(Duration.parseOrNull(it)) { "'$it' is no duration; write it as in 30m or 2h" }
        }
        val entrypoint = fields["entrypoint"]
        val pause = if (entrypoint == null) {
            backend.queue.pauseQueue {
                duration = lasting
                reason = fields["reason"]
            }
        } else {
            backend.queue.pause(entrypoint) {
                duration = lasting
                reason = fields["reason"]
            }
        }
        return Changed("${pause.entrypoint ?: "The whole queue"} is paused.")
    }

    private suspend fun resume(fields: Fields): Changed {
        val entrypoint = fields["entrypoint"]
        val wasPaused = if (entrypoint == null) backend.queue.resumeQueue() else backend.queue.resume(entrypoint)
        val what = entrypoint ?: "The whole queue"
        return Changed(if (wasPaused) "$what is resumed." else "$what was not paused.")
    }

    private suspend fun runSchedule(fields: Fields): Changed {
        val id = schedule(fields)
        if (backend.schedules.runNow(listOf(id)).isNotEmpty()) return Changed("The schedule is due now.")
        val isPaused = backend.schedules.list().any { it.id == id && it.pausedSince != null }
        return Changed(if (isPaused) "It is paused; resume it first." else "It is gone, or runs at the moment.")
    }

    private suspend fun pauseSchedule(fields: Fields): Changed {
        val done = backend.schedules.pause(listOf(schedule(fields)))
        return Changed(if (done.isEmpty()) "It is gone." else "The schedule is paused.")
    }

    private suspend fun resumeSchedule(fields: Fields): Changed {
        val done = backend.schedules.resume(listOf(schedule(fields)))
        return Changed(if (done.isEmpty()) "It is gone, or was not paused." else "The schedule is resumed.")
    }

    private suspend fun removeSchedule(fields: Fields): Changed {
        val done = backend.schedules.remove(listOf(schedule(fields)))
        return Changed(if (done.isEmpty()) "It was gone already." else "The schedule is removed.")
    }

    private fun schedule(fields: Fields) = ScheduleId(number(fields["id"].orEmpty()))

    private fun action(fields: Fields): JobAction = requireNotNull(JobAction.named(fields["action"])) {
        "'${fields["action"]}' is nothing that can be done to jobs"
    }

    private fun number(text: String): Long = requireNotNull(text.toLongOrNull()) { "'$text' is no id" }

    private companion object {
        const val MOST_SELECTED = 1_000
        const val NAMED = 10
    }
}

/** The fields of a form. A field that is blank counts as not given. */
internal class Fields(
    private val values: Map<String, List<String>>,
) {
    operator fun get(name: String): String? = values[name]?.firstOrNull()?.takeIf { it.isNotBlank() }

    fun all(name: String): List<String> = values[name].orEmpty()
}
