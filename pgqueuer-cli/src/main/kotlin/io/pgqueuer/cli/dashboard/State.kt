package io.pgqueuer.cli.dashboard

import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.StoredJob

/** By which column the entrypoints are sorted. */
internal enum class SortBy(
    val title: String,
    val order: Comparator<EntrypointState>,
) {
    NAME("entrypoint", compareBy { it.name }),
    QUEUED("queued", compareByDescending { it.backlog.queued }),
    RUNNING("running", compareByDescending { it.backlog.running }),
    HELD("held", compareByDescending { it.backlog.held }),
    OVERDUE("overdue", compareByDescending { it.backlog.overdue }),
    RATE("ends/s", compareByDescending { it.endsPerSecond }),
    ;

    fun next(): SortBy = entries[(ordinal + 1) % entries.size]
}

/** What can be done to a job. */
internal enum class Change(
    val verb: String,
    val statuses: Set<JobStatus>,
) {
    REQUEUE("requeue", setOf(JobStatus.HELD)),
    CANCEL("cancel", setOf(JobStatus.QUEUED, JobStatus.PICKED)),
}

/** A change that waits for a yes. */
internal data class Question(
    val change: Change,
    val job: JobId,
)

/**
 * What the user has chosen so far. [on] returns what a key makes of it.
 *
 * @property views the views that were opened, the current one last.
 * @property selected what is selected in the list, by its key: it stays selected when lines come, go or move.
 * @property line where it was, in case it is gone.
 * @property nameFilter what the names of shown entrypoints contain.
 * @property typed the text that is being typed for a filter; null if none is.
 * @property question asked before a job is changed.
 * @property message what the last action came to.
 */
internal data class State(
    val views: List<View> = listOf(View.Overview),
    val selected: String? = null,
    val line: Int = 0,
    val sortBy: SortBy = SortBy.QUEUED,
    val nameFilter: String = "",
    val typed: String? = null,
    val question: Question? = null,
    val isPaused: Boolean = false,
    val message: String? = null,
) {
    val view: View get() = views.last()

    /** The entrypoints to show, in order. */
    fun entrypoints(overview: Content.Overview): List<EntrypointState> =
        overview.entrypoints.filter { nameFilter in it.name }.sortedWith(sortBy.order.thenBy { it.name })

    /** What follows when [key] is pressed while [content] is shown; null if it has not been read yet. */
    fun on(key: Key, content: Content?): Reaction = when {
        key == Key.Interrupt -> Reaction.Quit
        typed != null -> whileTyping(key, typed)
        question != null -> Reaction.To(copy(question = null), question.takeIf { key == Key.Text("y") })
        else -> command(key, content)
    }

    private fun whileTyping(key: Key, typed: String): Reaction = when (key) {
        is Key.Text -> to(copy(typed = typed + key.text))
        Key.Backspace -> to(copy(typed = typed.dropLast(1)))
        Key.Escape -> to(copy(typed = null))
        Key.Clear -> to(copy(typed = ""))
        Key.Enter -> to(copy(typed = null, selected = null, line = 0).filtered(typed.trim()))
        else -> to(this)
    }

    private fun filtered(text: String): State = when (view) {
        is View.Jobs -> try {
            copy(views = views.dropLast(1) + View.Jobs(JobFilter.parse(text)), message = null)
        } catch (e: IllegalArgumentException) {
            copy(message = e.message)
        }

        else -> copy(nameFilter = text)
    }

    private fun command(key: Key, content: Content?): Reaction = when (key) {
        Key.Text("q") -> Reaction.Quit
        Key.Up, Key.Text("k") -> select(-1, content)
        Key.Down, Key.Text("j") -> select(+1, content)
        Key.PageUp -> select(-PAGE, content)
        Key.PageDown -> select(+PAGE, content)
        Key.Enter -> opened(content)?.let { to(open(it)) } ?: to(this)
        Key.Escape, Key.Backspace -> to(back())
        Key.Text("f") -> to(open(View.Jobs(JobFilter(status = JobStatus.HELD))))
        Key.Text("s") -> to(copy(sortBy = sortBy.next()))
        Key.Text("/") -> to(if (view is View.OneJob) this else copy(typed = currentFilter()))
        Key.Text("p") -> to(copy(isPaused = !isPaused))
        Key.Text("r") -> to(asking(Change.REQUEUE, content))
        Key.Text("c") -> to(asking(Change.CANCEL, content))
        else -> to(this)
    }

    private fun to(state: State) = Reaction.To(state)

    private fun select(step: Int, content: Content?): Reaction {
        val keys = keys(content)
        val line = (lineIn(keys) + step).coerceIn(0, (keys.size - 1).coerceAtLeast(0))
        return to(copy(selected = keys.getOrNull(line), line = line, message = null))
    }

    /** The selected line of [content]. */
    fun lineIn(content: Content): Int = lineIn(keys(content))

    private fun lineIn(keys: List<String>): Int =
        keys.indexOf(selected).takeIf { it >= 0 } ?: line.coerceIn(0, (keys.size - 1).coerceAtLeast(0))

    private fun keys(content: Content?): List<String> = when (content) {
        is Content.Overview -> entrypoints(content).map { it.name }
        is Content.Jobs -> content.jobs.map { "${it.id}" }
        is Content.OneJob, null -> emptyList()
    }

    private fun opened(content: Content?): View? = when (content) {
        is Content.Overview -> entrypoints(content).getOrNull(lineIn(content))?.let {
            View.Jobs(JobFilter(entrypoint = it.name))
        }

        is Content.Jobs -> content.jobs.getOrNull(lineIn(content))?.let { View.OneJob(it.id) }

        is Content.OneJob, null -> null
    }

    private fun open(opened: View) = if (opened == view) this else at(views + opened)

    private fun back() = if (views.size > 1) at(views.dropLast(1)) else at(views).copy(nameFilter = "")

    private fun at(views: List<View>) = copy(views = views, selected = null, line = 0, message = null)

    private fun currentFilter() = (view as? View.Jobs)?.let { "${it.filter}" } ?: nameFilter

    private fun asking(change: Change, content: Content?): State {
        val job = job(content) ?: return copy(message = "select a job to ${change.verb} it: open an entrypoint first")
        if (job.status !in change.statuses) {
            val wanted = change.statuses.joinToString(" or ") { it.label }
            return copy(message = "job ${job.id} is ${job.status.label}: ${change.verb} is for $wanted jobs")
        }
        return copy(question = Question(change, job.id), message = null)
    }

    private fun job(content: Content?): StoredJob? = when (content) {
        is Content.Jobs -> content.jobs.getOrNull(lineIn(content))
        is Content.OneJob -> content.job
        is Content.Overview, null -> null
    }

    private companion object {
        const val PAGE = 10
    }
}

/** What a key leads to. */
internal sealed interface Reaction {
    data object Quit : Reaction

    /** @property confirmed the change to make now. */
    data class To(
        val state: State,
        val confirmed: Question? = null,
    ) : Reaction
}
