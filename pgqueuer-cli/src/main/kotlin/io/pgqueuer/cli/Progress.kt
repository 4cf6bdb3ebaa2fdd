package io.pgqueuer.cli

import com.github.ajalt.mordant.animation.animation
import com.github.ajalt.mordant.table.horizontalLayout
import com.github.ajalt.mordant.terminal.Terminal
import com.github.ajalt.mordant.widgets.ProgressBar
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** How far something is: [done] of [total] jobs. */
internal data class Progress(
    val done: Long,
    val total: Long,
)

/**
 * Shows what [look] returns until all jobs are done: as a bar in a terminal, otherwise as a line every second.
 *
 * @param onStderr where lines are printed, for commands whose stdout has a result; default false.
 */
internal suspend fun showProgress(terminal: Terminal, onStderr: Boolean = false, look: suspend () -> Progress) {
    if (terminal.terminalInfo.outputInteractive) showBar(terminal, look) else printLines(terminal, onStderr, look)
}

private suspend fun showBar(terminal: Terminal, look: suspend () -> Progress) {
    val bar = terminal.animation<Progress> { (done, total) ->
        horizontalLayout {
            cell("jobs")
            cell(ProgressBar(total, done, width = BAR_COLUMNS))
            cell("$done of $total")
        }
    }
    try {
        untilDone(look) { bar.update(it) }
    } finally {
        bar.stop()
    }
}

private suspend fun printLines(terminal: Terminal, onStderr: Boolean, look: suspend () -> Progress) {
    var printed = TimeSource.Monotonic.markNow()
    untilDone(look) { progress ->
        if (progress.done == progress.total || printed.elapsedNow() >= LINE_EVERY) {
            terminal.println("${progress.done} of ${progress.total} jobs", stderr = onStderr)
            printed = TimeSource.Monotonic.markNow()
        }
    }
}

private suspend fun untilDone(look: suspend () -> Progress, show: (Progress) -> Unit) {
    while (true) {
        val progress = look()
        show(progress)
        if (progress.done == progress.total) break
        delay(LOOK_EVERY)
    }
}

private const val BAR_COLUMNS = 40
private val LOOK_EVERY = 100.milliseconds
private val LINE_EVERY = 1.seconds
