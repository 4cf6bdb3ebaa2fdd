package io.pgqueuer.cli.act

import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.groups.provideDelegate
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.long
import io.pgqueuer.Backend
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus
import io.pgqueuer.MatchingJobs
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.Confirmation
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.echoChanged
import io.pgqueuer.cli.interruptible
import io.pgqueuer.cli.look.jobRow
import io.pgqueuer.cli.look.table
import io.pgqueuer.cli.showProgress
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

/**
 * Changes jobs: those of given ids, or all that match a filter.
 *
 * With ids, it prints the ids of the jobs that it changed, and fails if some could not be changed. With a filter, it
 * shows how many jobs match, asks, and prints how many it changed.
 *
 * @param verb what it does to jobs, as in `requeue`.
 * @param statuses the statuses of the jobs that it can change.
 * @param others why jobs could not be changed, as in `not held, and so not requeued`.
 * @param look the command that shows such jobs, for the help and the error.
 */
internal abstract class ChangeJobsCommand(
    private val verb: String,
    help: String,
    examples: List<String>,
    private val statuses: Set<JobStatus>,
    private val others: String,
    private val look: String,
) : PgqCommand(verb, help, examples) {
    private val ids by argument("ID").long().multiple().help("the jobs; $look")
    private val allMatching by option(metavar = "filter")
        .help("$verb all jobs that match, as in 'entrypoint:mail age:1h'; `pgq jobs FILTER` lists them")
    private val confirmation by Confirmation()

    protected abstract suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId>

    override suspend fun run() {
        val filter = allMatching
        when {
            filter == null && ids.isEmpty() -> throw usageError("name the jobs by their ids, or use --all-matching")
            filter != null && ids.isNotEmpty() -> throw usageError("use either ids or --all-matching, not both")
            filter == null -> changeNamed()
            else -> changeMatching(JobFilter.parse(filter))
        }
    }

    private suspend fun changeNamed() {
        val wanted = ids.mapTo(sortedSetOf(), ::JobId)
        echoChanged(wanted, withBackend { change(it.queue, wanted) }, others, look)
    }

    private suspend fun changeMatching(filter: JobFilter) {
        if (filter == JobFilter.ALL) throw CommandException("--all-matching needs a condition, as in 'entrypoint:mail'")
        withBackend { backend ->
            val jobs = matching(backend, filter)
            val count = jobs.count()
            if (count == 0) return@withBackend echo("no job matches $filter", err = true)
            confirmation.ask(this, "${verb.replaceFirstChar(Char::uppercase)} ${jobsOf(count)}?") {
                preview(jobs, count)
            }
            interruptible(verb) { changeAll(backend.queue, jobs, count) }
        }
    }

    private suspend fun changeAll(queue: JobQueue, jobs: MatchingJobs, count: Int) {
        val progress = BulkProgress(count)
        try {
            showing(progress) {
                jobs.changeAll({ change(queue, it) }, progress::add)
            }
            val left = progress.seen - progress.changed
            val why = "$others, or their dedupe keys are taken"
            if (left > 0) echo("$left of them could not be changed: $why", err = true)
        } finally {
            echo(progress.changed)
        }
    }

    private fun matching(backend: Backend, filter: JobFilter) = try {
        MatchingJobs(backend, filter, statuses)
    } catch (e: IllegalArgumentException) {
        throw CommandException("$verb changes ${e.message}")
    }

    private suspend fun showing(progress: BulkProgress, block: suspend () -> Unit) = coroutineScope {
        val shown = launch { showProgress(terminal, onStderr = true, progress::now) }
        try {
            block()
            progress.finish()
            shown.join()
        } finally {
            shown.cancel()
        }
    }

    private suspend fun preview(jobs: MatchingJobs, count: Int): List<String> {
        val first = jobs.first(SHOWN)
        val more = count - first.size
        return table(first.map(::jobRow)) + listOfNotNull("… and $more more".takeIf { more > 0 })
    }

    private fun jobsOf(count: Int) = if (count == 1) "1 job" else "$count jobs"

    companion object {
        const val LOOK_AT_HELD = "`pgq failed` lists held jobs"
        private const val SHOWN = 5
    }
}
