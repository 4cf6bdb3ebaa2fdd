package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.types.long
import io.pgqueuer.JobId

internal class RequeueCommand :
    PgqCommand("requeue", "Queue held jobs again, due now and with their retries at 0, and print their ids.") {
    private val ids by argument("ID").long().multiple(required = true).help("the jobs; see `pgq held`")

    override suspend fun run() {
        val wanted = ids.mapTo(sortedSetOf(), ::JobId)
        val requeued = withBackend { it.queue.requeue(wanted) }
        requeued.sorted().forEach { echo(it) }
        val others = wanted - requeued
        if (others.isNotEmpty()) {
            throw CommandException(
                "not held, and so not requeued: ${others.joinToString()}; `pgq held` lists held jobs",
            )
        }
    }
}
