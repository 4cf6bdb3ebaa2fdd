package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.types.long
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue

/**
 * Changes held jobs by their ids, and prints the ids of those that it changed. Fails if some were not held.
 *
 * @param done completes the sentence "not held, and so not …".
 */
internal abstract class HeldJobsCommand(
    name: String,
    help: String,
    private val done: String,
) : PgqCommand(name, help) {
    private val ids by argument("ID").long().multiple(required = true).help("the jobs; see `pgq held`")

    protected abstract suspend fun change(queue: JobQueue, ids: Set<JobId>): Set<JobId>

    override suspend fun run() {
        val wanted = ids.mapTo(sortedSetOf(), ::JobId)
        val changed = withBackend { change(it.queue, wanted) }
        changed.sorted().forEach { echo(it) }
        val others = wanted - changed
        if (others.isNotEmpty()) {
            throw CommandException("not held, and so not $done: ${others.joinToString()}; `pgq held` lists held jobs")
        }
    }
}
