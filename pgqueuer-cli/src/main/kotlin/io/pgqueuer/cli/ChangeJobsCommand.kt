package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.types.long
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue

/**
 * Changes jobs by their ids, and prints the ids of those that it changed. Fails if some could not be changed.
 *
 * @param others why jobs could not be changed, as in `not held, and so not requeued`.
 * @param look the command that shows such jobs, for the help and the error.
 */
internal abstract class ChangeJobsCommand(
    name: String,
    help: String,
    private val others: String,
    private val look: String,
) : PgqCommand(name, help) {
    private val ids by argument("ID").long().multiple(required = true).help("the jobs; $look")

    protected abstract suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId>

    override suspend fun run() {
        val wanted = ids.mapTo(sortedSetOf(), ::JobId)
        val changed = withBackend { change(it.queue, wanted) }
        changed.sorted().forEach { echo(it) }
        val left = wanted - changed
        if (left.isNotEmpty()) throw CommandException("$others: ${left.joinToString()}; $look")
    }

    companion object {
        const val LOOK_AT_HELD = "`pgq held` lists held jobs"
    }
}
