package io.pgqueuer.cli.act

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.Backend
import io.pgqueuer.NewJob
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.echoChanged

internal class ResumeCommand :
    PgqCommand(
        "resume",
        "End pauses, and print the entrypoints that were paused. Workers start their jobs at once.",
        examples = listOf("pgq resume mail", "pgq resume --all"),
    ) {
    private val entrypoints by argument("ENTRYPOINT").multiple().help("what to resume; $LOOK")
    private val all by option().flag().help("end the pause of the whole queue; pauses of single entrypoints stay")

    override suspend fun run() {
        requireWhat(entrypoints, all)
        // Checks all of them before the first one is resumed.
        entrypoints.forEach { NewJob(it) }
        withBackend { if (all) resumeQueue(it) else resume(it) }
    }

    private suspend fun resumeQueue(backend: Backend) {
        if (!backend.queue.resumeQueue()) throw CommandException("the whole queue is not paused; $LOOK")
        val left = backend.insights.pauses().mapNotNull { it.entrypoint }
        if (left.isNotEmpty()) {
            echo(
                "still paused: ${left.joinToString()}; `pgq resume` resumes them by name",
                err = true,
            )
        }
    }

    private suspend fun resume(backend: Backend) {
        val wanted = entrypoints.toSet()
        val resumed = wanted.filterTo(HashSet()) { backend.queue.resume(it) }
        if (resumed.isNotEmpty() && backend.insights.pauses().any { it.entrypoint == null }) {
            echo("the whole queue is paused, so their jobs still wait; `pgq resume --all` resumes it", err = true)
        }
        echoChanged(wanted, resumed, "not paused, and so not resumed", LOOK)
    }

    private companion object {
        const val LOOK = "`pgq pauses` lists what is paused"
    }
}
