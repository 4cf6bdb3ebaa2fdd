package io.pgqueuer.cli.act

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.Backend
import io.pgqueuer.NewJob
import io.pgqueuer.PauseOptions
import io.pgqueuer.cli.duration
import io.pgqueuer.cli.look.LookCommand
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.look.pauseRow
import io.pgqueuer.cli.time

internal class PauseCommand :
    LookCommand(
        "pause",
        "Pause entrypoints, or the whole queue, and show the pauses: workers start none of their jobs. Running jobs " +
            "go on. Python's workers do not know pauses.",
        examples = listOf(
            "pgq pause mail --reason 'the provider is down'",
            "pgq pause mail report --for 2h",
            "pgq pause --all --until 2026-12-24T18:00:00Z",
        ),
        nothing = "nothing was paused",
    ) {
    private val entrypoints by argument("ENTRYPOINT").multiple().help("what to pause; `pgq backlog` lists entrypoints")
    private val all by option().flag().help("pause the whole queue, also entrypoints that have no jobs yet")
    private val until by option().time()
        .help("when the pause ends by itself, as in 2026-12-24T18:00:00Z or with +01:00 (default: it does not)")
    private val lasting by option("--for").duration().help("after which time the pause ends by itself, as in 30m or 2h")
    private val reason by option(metavar = "text").help("why, for those who look at the queue")

    override suspend fun run() {
        requireWhat(entrypoints, all)
        if (until != null && lasting != null) throw usageError("use either --until or --for, not both")
        // Checks all of them before the first one is paused.
        entrypoints.forEach { NewJob(it) }
        super.run()
    }

    override suspend fun rows(backend: Backend): List<Row> {
        val options: PauseOptions.() -> Unit = {
            until = this@PauseCommand.until
            duration = lasting
            reason = this@PauseCommand.reason
        }
        val pauses = if (all) {
            listOf(backend.queue.pauseQueue(options))
        } else {
            entrypoints.distinct().map { backend.queue.pause(it, options) }
        }
        return pauses.map(::pauseRow)
    }
}
